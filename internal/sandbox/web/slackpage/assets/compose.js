// Writing in Slack: Enter sends, what is half written is kept for each channel, and a slash at the beginning has the
// commands offered in a list above the box, which the arrow keys, Tab and Enter choose from.
(() => {
  "use strict";
  const drafts = new Map(); // by the ID of the box
  let chosen = 0;           // which of the commands offered is marked
  let taken = false;        // Enter is down, and has done something
  let refused = "";         // the text for which Escape has put the list away

  const box = (e) => e.target.closest?.("[data-composer] textarea");
  const listOf = (text) => text.form.querySelector(".offers");
  const offered = (text) => [...text.form.querySelectorAll("[data-offer]:not([hidden])")];

  // offer shows the commands that begin as the text does, word by word.
  function offer(text) {
    const list = listOf(text);
    if (!list) return;
    const typed = text.value.toLowerCase(); // after a space, a slash begins no command
    const words = typed.split(" ").length;
    for (const o of list.querySelectorAll("[data-offer]")) {
      const command = o.dataset.offer;
      o.hidden = !typed.startsWith("/") || typed === refused || command.split(" ").length !== words || !command.startsWith(typed) || (command === typed && words > 1);
    }
    const found = offered(text);
    const count = document.getElementById(text.form.id + "-count");
    const said = found.length ? `${found.length} offered: choose with the arrow keys, then press Tab.` : "";
    if (count.textContent !== said) count.textContent = said;
    list.hidden = !found.length;
    chosen = Math.max(0, Math.min(chosen, found.length - 1));
    found.forEach((o, i) => o.setAttribute("aria-selected", String(i === chosen)));
    if (found.length) {
      text.setAttribute("aria-activedescendant", found[chosen].id);
      found[chosen].scrollIntoView({block: "nearest"});
    } else text.removeAttribute("aria-activedescendant");
  }

  function take(text, o) {
    text.value = o.dataset.offer + " ";
    drafts.set(text.id, text.value);
    chosen = 0;
    text.focus();
    offer(text);
  }

  document.addEventListener("input", (e) => {
    const text = box(e);
    if (!text) return;
    drafts.set(text.id, text.value);
    chosen = 0;
    refused = "";
    offer(text);
  });

  document.addEventListener("keydown", (e) => {
    const text = box(e);
    if (!text || e.isComposing) return;
    const found = listOf(text)?.hidden === false ? offered(text) : [];
    const plain = !e.shiftKey && !e.ctrlKey && !e.altKey && !e.metaKey;
    if (found.length && plain) {
      const whole = found[chosen].dataset.offer === text.value.trim();
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        chosen = (chosen + (e.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
        offer(text);
      } else if (e.key === "Tab" || (e.key === "Enter" && !whole)) { taken = e.key === "Enter"; take(text, found[chosen]); }
      else if (e.key === "Escape") { refused = text.value.toLowerCase(); offer(text); }
      else if (e.key !== "Enter") return;
      if (e.key !== "Enter" || !whole) { e.preventDefault(); return; }
    }
    if (e.key === "Enter" && plain) {
      e.preventDefault();
      taken = true;
      if (text.value.trim() || text.form.querySelector("[type=file]")?.files.length) text.form.requestSubmit();
    }
  });

  // An Enter that was taken types nothing, even where the key and its character come apart, as from a program.
  document.addEventListener("keyup", () => { taken = false; });
  document.addEventListener("beforeinput", (e) => { if (taken && box(e) && /^insert(LineBreak|Paragraph|Text)$/.test(e.inputType)) e.preventDefault(); });

  document.addEventListener("mousedown", (e) => {
    const o = e.target.closest?.("[data-offer]");
    if (!o) return;
    e.preventDefault();
    take(o.closest("form").querySelector("textarea"), o);
  });

  document.addEventListener("submit", (e) => {
    const text = e.target.querySelector("textarea");
    if (!e.target.hasAttribute("data-composer") || !text) return;
    drafts.delete(text.id);
    const log = e.target.parentElement.querySelector("[data-follow]");
    log.scrollTop = log.scrollHeight; // who writes looks at what is new
  }, true);

  // What one writes takes room from the messages; those that stood at their end stay there.
  const away = new WeakSet(); // lists that somebody has scrolled up
  const keep = (log) => { if (!away.has(log)) log.scrollTop = log.scrollHeight; };
  const room = new ResizeObserver((changes) => { for (const {target} of changes) keep(target); });
  document.addEventListener("scroll", ({target}) => {
    if (!target.matches?.("[data-follow]")) return;
    if (target.scrollHeight - target.scrollTop - target.clientHeight < 80) away.delete(target); else away.add(target);
  }, true);
  const watch = () => { for (const log of document.querySelectorAll("[data-follow]")) { room.observe(log); keep(log); } };
  watch();

  // The page comes without what is half written.
  document.addEventListener("page:shown", () => {
    for (const text of document.querySelectorAll("[data-composer] textarea")) {
      const draft = drafts.get(text.id);
      if (draft && !text.value) text.value = draft;
      offer(text);
    }
    watch();
  });
})();
