// What Block Kit's controls do beyond HTML: menus to type in, choices that post at once, and questions before them.
// Everything is looked up anew from the page, which live.js may have changed meanwhile.
(() => {
  "use strict";
  document.documentElement.classList.add("bk-on"); // outside of the body, so that it stays when the page changes

  // ——— Acting ———

  // post presses a button of the control's form: one of its own, or for a control in a modal one that is made for it.
  function post(control, to, choices) {
    const form = control.closest("form");
    if (!form) return;
    if (!to) { form.requestSubmit(); return; }
    const button = document.createElement("button");
    button.type = "submit";
    button.hidden = true;
    button.formNoValidate = true;
    button.formMethod = "post";
    button.setAttribute("formaction", withChoices(to, choices));
    form.append(button);
    form.requestSubmit(button);
    button.remove();
  }

  function withChoices(to, choices) {
    return to + choices.map((c) => "&choice=" + encodeURIComponent(c)).join("");
  }

  // chosen is what a control holds.
  function chosen(frame) {
    const values = [];
    for (const f of frame.querySelectorAll("select, input:not([type=hidden]), textarea")) {
      if (f.closest("dialog.bk-confirm") || f.matches(".bk-combo-in")) continue;
      if (f.tagName === "SELECT") values.push(...[...f.selectedOptions].map((o) => o.value));
      else if (!/^(checkbox|radio)$/.test(f.type) || f.checked) values.push(f.value);
    }
    return values.filter((v) => v !== "");
  }

  // act posts a choice, after the question if there is one.
  function act(frame) {
    const to = frame.dataset.bkPost;
    const question = frame.querySelector(":scope > dialog.bk-confirm");
    if (!question) { post(frame, to, chosen(frame)); return; }
    if (to) question.querySelector("[data-bk-yes]").setAttribute("formaction", withChoices(to, chosen(frame)));
    question.showModal();
  }

  const typed = new WeakSet(); // dates that somebody is typing: each key may make another date
  document.addEventListener("keydown", (e) => { if (/^(date|time)/.test(e.target.type)) typed.add(e.target); });
  document.addEventListener("pointerdown", (e) => typed.delete(e.target));
  document.addEventListener("change", (e) => {
    const frame = e.target.closest?.("[data-bk-now]");
    if (!frame || e.target.matches(".bk-combo-in") || typed.has(e.target)) return;
    if (e.target.multiple && e.target.tagName === "SELECT") { waiting.add(e.target.id); return; } // until the list closes
    act(frame);
  });
  document.addEventListener("focusout", (e) => {
    if (!typed.delete(e.target) || e.target.value === e.target.defaultValue) return;
    const frame = e.target.closest("[data-bk-now]");
    if (frame) act(frame);
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.isComposing) return;
    const to = e.target.dataset?.bkEnter;
    if (to) { e.preventDefault(); post(e.target, to, [e.target.value]); }
  });

  // A button with a link tells the app too.
  document.addEventListener("click", (e) => {
    e.target.closest?.("a[data-bk-tells]")?.nextElementSibling?.click();
  });

  // ——— Questions ———

  // Browsers that know command and commandfor open and close the dialog themselves.
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (e) => {
      const button = e.target.closest?.("button[commandfor]");
      const dialog = button && document.getElementById(button.getAttribute("commandfor"));
      if (!dialog) return;
      if (button.getAttribute("command") === "close") dialog.close(); else dialog.showModal();
    });
  }
  document.addEventListener("submit", (e) => {
    const question = e.submitter?.closest("dialog.bk-confirm");
    if (!question) return;
    question.dataset.said = "yes";
    question.close();
  });
  // Whoever says no has chosen nothing.
  document.addEventListener("close", (e) => {
    const question = e.target;
    if (!question.matches?.("dialog.bk-confirm")) return;
    const said = question.dataset.said;
    delete question.dataset.said;
    if (said) return;
    const frame = question.closest("[data-bk-now]");
    if (!frame) return;
    for (const o of frame.querySelectorAll("option")) o.selected = o.defaultSelected;
    for (const i of frame.querySelectorAll("input")) { i.checked = i.defaultChecked; if (!/^(checkbox|radio|hidden)$/.test(i.type)) i.value = i.defaultValue; }
    settle();
  }, true);

  // ——— Menus of more ———
  function closeOverflow(but) {
    for (const d of document.querySelectorAll("details.bk-overflow[open]")) if (d !== but) d.open = false;
  }
  document.addEventListener("click", (e) => closeOverflow(e.target.closest?.("details.bk-overflow")));
  document.addEventListener("toggle", (e) => { if (e.target.matches?.("details.bk-overflow[open]")) fit(e.target); }, true);
  // fit has the menu end where its button does if it would go past the window.
  function fit(menu) {
    menu.classList.remove("ends");
    menu.classList.toggle("ends", menu.querySelector(".bk-menu").getBoundingClientRect().right > innerWidth - 8);
  }
  document.addEventListener("keydown", (e) => {
    const menu = e.target.closest?.("details.bk-overflow[open]");
    if (!menu) return;
    const items = [menu.querySelector("summary"), ...menu.querySelectorAll(".bk-item")];
    const at = items.indexOf(document.activeElement);
    if (e.key === "Escape") { menu.open = false; items[0].focus(); }
    else if (e.key === "ArrowDown") items[Math.min(at + 1, items.length - 1)].focus();
    else if (e.key === "ArrowUp") items[Math.max(at - 1, 0)].focus();
    else return;
    e.preventDefault();
  });

  // ——— Comboboxes (w3.org/WAI/ARIA/apg/patterns/combobox): the native select holds the value ———
  let open = null;           // ID of the combobox whose list is open
  let active = -1;           // which option in it
  let editing = false;       // what is typed narrows the list
  const waiting = new Set(); // IDs of selects of several that post once their list closes

  const partsOf = (root) => ({
    select: root.querySelector("select"),
    input: root.querySelector(".bk-combo-in"),
    list: root.querySelector(".bk-list-box"),
    chips: root.querySelector(".bk-chips"),
  });
  const textOf = (select) => (select.value ? select.selectedOptions[0].textContent : "");

  function matches(root) {
    const {select, input} = partsOf(root);
    const words = editing && !root.dataset.bkSuggest ? input.value.trim().toLowerCase() : ""; // the app looks for itself
    return [...select.options].filter((o) => o.value && o.textContent.toLowerCase().includes(words));
  }

  function full(root) {
    return root.dataset.most && partsOf(root).select.selectedOptions.length >= Number(root.dataset.most);
  }

  // ——— Options that the app is asked for, while somebody types ———
  const said = new Map();   // ID of a menu → what stands under it in the place of options
  const picked = new Map(); // ID of a select → value → text of what was chosen: the page knows the value alone
  let asking;

  function ask(root) {
    const {select, input} = partsOf(root);
    const typed = editing ? input.value.trim() : "";
    clearTimeout(asking);
    asking = setTimeout(async () => {
      let found;
      try {
        const r = await fetch(root.dataset.bkSuggest + "&typed=" + encodeURIComponent(typed), {headers: {Accept: "application/json"}});
        found = r.ok ? await r.json() : {error: await r.text()};
      } catch (e) {
        found = {error: String(e)};
      }
      if (open !== root.id || typed !== (editing ? input.value.trim() : "")) return;
      for (const o of [...select.options]) if (o.value && !o.selected) o.remove();
      for (const g of select.querySelectorAll("optgroup:empty")) g.remove();
      for (const g of found.groups || []) {
        const into = g.label ? Object.assign(document.createElement("optgroup"), {label: g.label}) : select;
        for (const o of g.options) {
          if ([...select.options].some((have) => have.value === o.value)) continue;
          const option = new Option(o.text, o.value);
          if (o.description) option.dataset.detail = o.description;
          into.append(option);
        }
        if (into !== select) select.append(into);
      }
      if (typed) active = 0;
      said.set(root.id, found.error || (found.least ? `Type ${found.least} characters or more` : "No results"));
      draw(root);
    }, typed ? 250 : 0);
  }

  // keep has the select hold what was chosen from the app's options, though the page that came since has not got it.
  function keep(root) {
    const {select} = partsOf(root);
    const mine = picked.get(select.id);
    if (!mine) return;
    const untouched = [...select.selectedOptions].every((o) => !o.value);
    for (const [value, {text, chosen}] of mine) {
      let option = [...select.options].find((o) => o.value === value);
      if (option) option.textContent = text;
      else if (chosen && untouched) select.append(new Option(text, value, false, true));
    }
  }

  // draw makes the list's options anew.
  function draw(root) {
    const {select, input, list} = partsOf(root);
    const found = matches(root);
    active = Math.min(active, found.length - 1);
    list.replaceChildren();
    let group = null, into = list;
    found.forEach((option, i) => {
      const label = option.parentElement.label || null;
      if (label !== group) {
        group = label;
        into = list;
        if (label) {
          into = document.createElement("span");
          into.setAttribute("role", "group");
          into.setAttribute("aria-label", label);
          const heading = document.createElement("span");
          heading.className = "bk-group";
          heading.setAttribute("aria-hidden", "true");
          heading.textContent = label;
          into.append(heading);
          list.append(into);
        }
      }
      const item = document.createElement("span");
      item.id = `${list.id}-${i}`;
      item.className = "bk-option";
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(option.selected));
      if (select.multiple && !option.selected && full(root)) item.setAttribute("aria-disabled", "true");
      item.textContent = option.textContent;
      if (option.dataset.detail) {
        const detail = document.createElement("span");
        detail.className = "bk-detail";
        detail.textContent = option.dataset.detail;
        item.append(detail);
      }
      if (i === active) item.classList.add("active");
      item.addEventListener("click", () => choose(root, option));
      into.append(item);
    });
    if (!found.length) {
      const none = document.createElement("span");
      none.className = "bk-none";
      none.textContent = root.dataset.bkSuggest ? said.get(root.id) || "…" : select.options.length > 1 ? "No results" : "Nothing to choose from";
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    const now = list.querySelector(".active");
    if (now) {
      input.setAttribute("aria-activedescendant", now.id);
      now.scrollIntoView({block: "nearest"});
    } else input.removeAttribute("aria-activedescendant");
    const around = root.closest("dialog, [data-follow]")?.getBoundingClientRect() || {top: 0, bottom: innerHeight};
    const at = input.getBoundingClientRect();
    const below = Math.min(around.bottom, innerHeight) - at.bottom, above = at.top - Math.max(around.top, 0);
    root.classList.toggle("up", below < list.offsetHeight + 8 && above > below);
  }

  function expand(root) {
    if (partsOf(root).input.disabled) return;
    if (open && open !== root.id) collapse();
    if (open !== root.id) {
      open = root.id;
      editing = false;
      active = matches(root).findIndex((o) => o.selected);
      if (root.dataset.bkSuggest) ask(root);
    }
    draw(root);
  }

  function collapse() {
    const root = document.getElementById(open);
    open = null;
    editing = false;
    active = -1;
    if (!root) return;
    const {select, input, list} = partsOf(root);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    sync(root);
    const frame = root.closest("[data-bk-now]");
    if (waiting.delete(select.id) && frame) act(frame);
  }

  function choose(root, option) {
    const {select, input} = partsOf(root);
    if (select.multiple) {
      if (!option.selected && full(root)) return;
      option.selected = !option.selected;
      editing = false;
      input.value = "";
    } else {
      option.selected = true;
      collapse();
    }
    if (root.dataset.bkSuggest) picked.set(select.id, new Map([...picked.get(select.id) || [], ...[...select.options].filter((o) => o.value).map((o) => [o.value, {text: o.textContent, chosen: o.selected}])]));
    input.setCustomValidity("");
    if (open) expand(root);
    sync(root);
    select.dispatchEvent(new Event("change", {bubbles: true}));
  }

  // sync shows in the field what the select holds.
  function sync(root) {
    const {select, input, chips} = partsOf(root);
    if (!(open === root.id && editing)) input.value = select.multiple ? "" : textOf(select);
    chips.replaceChildren();
    if (!select.multiple) return;
    for (const o of select.selectedOptions) {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "bk-chip";
      chip.disabled = input.disabled;
      chip.setAttribute("aria-label", `Remove ${o.textContent}`);
      chip.append(o.textContent);
      const cross = document.createElement("span");
      cross.setAttribute("aria-hidden", "true");
      cross.textContent = " ×";
      chip.append(cross);
      chip.addEventListener("click", () => { choose(root, o); if (!open) { input.focus(); expand(root); } });
      chips.append(chip);
    }
  }

  // settle brings everything in line with the page as it is now.
  function settle() {
    for (const menu of document.querySelectorAll("details.bk-overflow[open]")) fit(menu);
    for (const root of document.querySelectorAll("[data-bk-combo]")) { keep(root); sync(root); }
    const root = open && document.getElementById(open);
    if (root) draw(root); else open = null;
  }

  const comboOf = (e) => (e.target.matches?.(".bk-combo-in") ? e.target.closest("[data-bk-combo]") : null);
  document.addEventListener("pointerdown", (e) => { if (e.target.closest?.(".bk-list-box")) e.preventDefault(); }); // the field keeps the focus
  document.addEventListener("mousedown", (e) => { if (e.target.closest?.(".bk-list-box")) e.preventDefault(); });
  document.addEventListener("click", (e) => {
    const root = comboOf(e);
    if (root) { if (!editing) e.target.select(); expand(root); }
  });
  document.addEventListener("input", (e) => {
    const root = comboOf(e);
    if (!root) return;
    expand(root);
    editing = true;
    active = e.target.value.trim() ? 0 : -1;
    if (root.dataset.bkSuggest) ask(root);
    draw(root);
  });
  document.addEventListener("focusout", (e) => {
    const root = open && document.getElementById(open);
    if (!root || (e.relatedTarget && root.contains(e.relatedTarget)) || !root.contains(e.target)) return;
    const {select, input} = partsOf(root);
    if (editing && input.value === "" && !select.multiple && !select.required && !root.closest("[data-bk-now]")) select.value = "";
    collapse();
  });
  document.addEventListener("keydown", (e) => {
    const root = comboOf(e);
    if (!root || e.isComposing) return;
    const {select, input} = partsOf(root);
    const isOpen = open === root.id;
    const count = isOpen ? matches(root).length : 0;
    switch (e.key) {
      case "ArrowDown":
      case "ArrowUp":
        e.preventDefault();
        if (isOpen && e.key === "ArrowUp" && e.altKey) { collapse(); return; }
        if (!isOpen) expand(root);
        else if (count) active = e.key === "ArrowDown" ? (active + 1) % count : (active - 1 + count) % count;
        if (!isOpen && active < 0 && matches(root).length) active = e.key === "ArrowDown" ? 0 : matches(root).length - 1;
        draw(root);
        return;
      case "Enter":
        e.preventDefault();
        if (!isOpen) { expand(root); return; }
        if (active >= 0) choose(root, matches(root)[active]);
        return;
      case "Escape":
        if (!isOpen) return;
        e.preventDefault(); // the window around it stays
        e.stopPropagation();
        collapse();
        return;
      case "Backspace":
        if (select.multiple && input.value === "" && select.selectedOptions.length) choose(root, [...select.selectedOptions].at(-1));
    }
  });
  // Enter that was heard already is not to submit the form as well.
  document.addEventListener("keypress", (e) => {
    if (e.key === "Enter" && (comboOf(e) || e.target.dataset?.bkEnter)) e.preventDefault();
  });
  // The select is not seen: what is wrong with it is said at the field.
  document.addEventListener("invalid", (e) => {
    const root = e.target.tagName === "SELECT" && e.target.closest("[data-bk-combo]");
    if (!root) return;
    e.preventDefault();
    const {input} = partsOf(root);
    if (document.querySelector("input:user-invalid, textarea:user-invalid")) return; // one thing at a time
    input.setCustomValidity("Please complete this required field.");
    input.reportValidity();
    input.setCustomValidity("");
  }, true);

  document.addEventListener("page:shown", settle);
  settle();
})();
