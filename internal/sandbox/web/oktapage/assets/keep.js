// A form with data-keep is sent without leaving the page while what comes back has the same form: what was typed, a
// secret above all, stays in the browser and never comes from the server. Only what the step came to is put in place.
(() => {
  "use strict";
  let busy = false;

  async function send(form, button) {
    const to = button?.getAttribute("formaction") || form.getAttribute("action");
    const r = await fetch(to, {method: "POST", headers: {Accept: "text/html"}, body: new URLSearchParams(new FormData(form, button))});
    const next = new DOMParser().parseFromString(await r.text(), "text/html");
    const here = document.getElementById("outcome"), there = next.getElementById("outcome");
    if (!here || !there || !next.getElementById(form.id)) { location.assign(r.url); return; }
    history.replaceState(null, "", r.url); // so that the page, asked for anew, shows the same
    here.replaceChildren(...there.childNodes);
    here.scrollIntoView({block: "nearest"});
  }

  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!form.hasAttribute("data-keep")) return;
    e.preventDefault();
    e.stopPropagation(); // live.js would leave the page
    if (busy) return;
    busy = true;
    form.setAttribute("aria-busy", "true");
    send(form, e.submitter)
      .catch(() => { const note = document.getElementById("offline"); if (note) note.hidden = false; })
      .finally(() => { busy = false; form.removeAttribute("aria-busy"); });
  }, true);
})();
