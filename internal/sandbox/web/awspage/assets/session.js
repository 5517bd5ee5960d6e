// A session ends by the sandbox's clock, without anything else changing: then the page says so.
(() => {
  "use strict";
  let told = "";
  setInterval(() => {
    const session = document.querySelector("[data-ends]"), now = document.getElementById("now");
    if (!session || !now || told === session.dataset.ends) return;
    if (Date.parse(now.textContent.replace(" UTC", "Z").replace(" ", "T")) > Date.parse(session.dataset.ends)) {
      told = session.dataset.ends;
      location.reload();
    }
  }, 1000);
})();
