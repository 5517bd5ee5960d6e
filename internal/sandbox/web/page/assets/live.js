// Keeps a page up to date, and follows its links and forms without leaving it.
//
// /live says when something has changed; then the page is asked for anew and morphed into the new one. What a person
// has typed, ticked or opened stays as they have it unless the server changed that very field.
(() => {
  "use strict";
  let busy = 0;       // forms and links under way: a page that comes meanwhile would be older than theirs
  let missed = false; // something has changed meanwhile, perhaps after the page that is under way was made
  let again = false;  // something has changed while the page was being asked for
  let down = false;   // a button of the mouse, or a finger: what lies under it stays until it is up, or the click is lost

  // dirty is a field that a person has changed since the server last wrote it.
  function dirty(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return [...field.options].some((o) => o.selected !== o.defaultSelected);
    if (field.type === "file") return field.files.length > 0;
    return field.value !== field.defaultValue;
  }

  function sameDefault(a, b) {
    if (a.type !== b.type || a.name !== b.name) return false;
    if (a.type === "checkbox" || a.type === "radio") return a.defaultChecked === b.defaultChecked;
    if (a.tagName === "SELECT") return [...a.options].map((o) => o.value + o.defaultSelected).join() === [...b.options].map((o) => o.value + o.defaultSelected).join();
    return a.defaultValue === b.defaultValue;
  }

  // show morphs the page into another of the same system, and says whether it could: other systems have other scripts.
  function show(html, keep) {
    const next = new DOMParser().parseFromString(html, "text/html");
    if (!next.querySelector("main")) return false;
    if (next.body.className !== document.body.className) return false;
    document.title = next.title;
    const atEnd = [...document.querySelectorAll("[data-follow]")].filter((e) => e.scrollHeight - e.scrollTop - e.clientHeight < 80).map((e) => e.id);
    Idiomorph.morph(document.body, next.body, {
      morphStyle: "innerHTML",
      ignoreActiveValue: keep && document.activeElement?.matches("input, textarea, select"), // of other elements their content would stay too
      restoreFocus: true,
      callbacks: {
        beforeNodeMorphed(old, now) {
          if (keep && old.matches?.("input, textarea, select") && now.matches?.("input, textarea, select") && dirty(old) && sameDefault(old, now)) return false;
        },
        beforeAttributeUpdated(name, node) {
          if (name === "open" && (node.tagName === "DETAILS" ? keep : node.tagName === "DIALOG")) return false;
        },
      },
    });
    settle(atEnd);
    return true;
  }

  const seen = new WeakMap(); // scroll area → its ID when it was shown: another one begins at its end

  // settle does what a page cannot say in HTML.
  function settle(atEnd) {
    for (const d of document.querySelectorAll("dialog[data-modal]:not([open])")) d.showModal();
    for (const e of document.querySelectorAll("[data-follow]")) {
      if (!atEnd || atEnd.includes(e.id) || seen.get(e) !== e.id) e.scrollTop = e.scrollHeight;
      seen.set(e, e.id);
    }
    for (const f of document.querySelectorAll("form[data-submit-now]")) {
      f.removeAttribute("data-submit-now");
      f.requestSubmit();
    }
    document.dispatchEvent(new CustomEvent("page:shown"));
  }

  async function follow(url, init, push, keep) {
    busy++;
    try {
      const r = await fetch(url, {...init, headers: {Accept: "text/html", ...init?.headers}});
      if (!(r.headers.get("Content-Type") || "").startsWith("text/html")) { location.assign(url); return; }
      const html = await r.text();
      const before = location.href;
      if (push && r.url !== before) history.pushState(null, "", r.url);
      if (!show(html, keep)) { location.reload(); return; }
      const target = location.hash && document.getElementById(location.hash.slice(1));
      if (target) target.scrollIntoView();
      offline(false);
    } catch {
      offline(true);
    } finally {
      busy--;
      if (busy === 0 && missed) refresh();
    }
  }

  function offline(is) {
    const note = document.getElementById("offline");
    if (note) note.hidden = !is;
  }

  // refresh asks for the page anew, one request at a time.
  let asking = false;
  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    missed = false;
    try {
      do {
        again = false;
        const at = location.href;
        const r = await fetch(at, {headers: {Accept: "text/html"}});
        const html = await r.text();
        if (down) { missed = true; return; }
        if (busy > 0) missed = true;
        else if (at !== location.href) again = true;
        else if (r.status < 500) show(html, true);
        offline(false);
      } while (again);
    } catch {
      offline(true);
    } finally {
      asking = false;
    }
  }

  addEventListener("pointerdown", () => { down = true; }, true);
  for (const up of ["pointerup", "pointercancel"]) {
    addEventListener(up, () => setTimeout(() => { // the click comes first
      down = false;
      if (missed) { missed = false; refresh(); }
    }), true);
  }

  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.hasAttribute("data-plain") || form.target) return;
    if (form.method === "dialog") return;
    e.preventDefault();
    const button = e.submitter;
    const data = new FormData(form, button);
    const url = new URL(button?.getAttribute("formaction") || form.getAttribute("action") || location.href, location.href);
    if (form.method === "get") {
      url.search = new URLSearchParams(data);
      follow(url, {}, true);
      return;
    }
    const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
    if (form.hasAttribute("data-reset")) form.reset();
    follow(url, {method: "POST", body}, true, form.hasAttribute("data-keep"));
  });

  document.addEventListener("click", (e) => {
    const a = e.target.closest?.("a[href]");
    if (!a || a.target || a.hasAttribute("download") || a.hasAttribute("data-plain") || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    const url = new URL(a.href);
    if (url.origin !== location.origin || (url.pathname === location.pathname && url.search === location.search && url.hash)) return;
    e.preventDefault();
    follow(url, {}, true);
  });

  // Escape in a modal is its Cancel button.
  document.addEventListener("cancel", (e) => {
    if (!e.target.matches?.("dialog[data-modal]")) return;
    e.preventDefault();
    e.target.querySelector("[data-cancel]")?.click();
  }, true);

  addEventListener("popstate", () => follow(location.href, {}, false));

  // A page that nobody sees needs no news; a browser holds few connections to one address.
  let live;
  function listen() {
    if (document.visibilityState === "hidden") { live?.close(); live = undefined; return; }
    if (live) return;
    live = new EventSource("/live");
    live.addEventListener("changed", refresh);
    live.addEventListener("error", () => offline(true));
    live.addEventListener("open", () => { offline(false); refresh(); });
  }
  document.addEventListener("visibilitychange", listen);

  setInterval(() => {
    const now = document.getElementById("now");
    if (!now) return;
    if (now.dataset.now !== now.dataset.from) Object.assign(now.dataset, {from: now.dataset.now, at: performance.now()});
    const t = new Date(Date.parse(now.dataset.from) + (performance.now() - now.dataset.at) * Number(now.dataset.speed));
    now.textContent = t.toISOString().slice(0, 19).replace("T", " ") + " UTC";
  }, 250);

  settle();
  listen();
})();
