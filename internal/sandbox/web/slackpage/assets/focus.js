// Keeps the keyboard where it was: where a button or a modal is gone once the page has changed, what it stood in has the
// focus, or what had it before the modal came.
(() => {
  "use strict";
  let path = []; // IDs of what had the focus last outside of modals, and of what that stood in

  document.addEventListener("focusin", (e) => {
    if (e.target.closest("dialog")) return;
    path = [];
    for (let at = e.target; at && at !== document.body; at = at.parentElement) if (at.id && at.id !== "main") path.push(at.id);
  });

  // Who clicks beside everything wants nothing to have it.
  document.addEventListener("focusout", (e) => {
    setTimeout(() => { if (e.target.isConnected && document.activeElement === document.body && !document.querySelector("dialog[open]")) path = []; });
  });

  document.addEventListener("page:shown", () => {
    if (document.activeElement !== document.body || document.querySelector("dialog[open]")) return;
    const to = path.map((id) => document.getElementById(id)).find((e) => e && e.tabIndex >= 0 && !e.disabled);
    to?.focus({preventScroll: true});
  });
})();
