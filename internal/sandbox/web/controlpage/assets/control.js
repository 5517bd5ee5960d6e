// The large clock follows the one in the bar, which runs between the server's answers.
(() => {
  "use strict";
  setInterval(() => {
    const big = document.getElementById("big"), now = document.getElementById("now");
    if (big && now) big.textContent = now.textContent;
  }, 250);
})();
