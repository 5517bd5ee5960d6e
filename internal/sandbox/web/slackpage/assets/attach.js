// Files in Slack: those that are to be sent stand under the text until it is sent, and each can be taken out again. They
// can be chosen, pasted, and dropped where one writes.
(() => {
  "use strict";
  const inputOf = (form) => form?.querySelector("[type=file][name=files]");
  const formOf = (e) => e.target.closest?.("[data-composer]");
  const before = new WeakMap(); // input → its files, which choosing more would put away
  let focused = "";             // ID of the last thing that had the focus

  function hold(input, files) {
    const data = new DataTransfer();
    for (const f of files) data.items.add(f);
    input.files = data.files;
    before.set(input, [...input.files]);
    show(input);
  }

  function size(n) {
    return n >= 1 << 20 ? `${(n / (1 << 20)).toFixed(1)} MB` : n >= 1 << 10 ? `${(n / (1 << 10)).toFixed(1)} KB` : `${n} bytes`;
  }

  function show(input) {
    const form = input.form, list = form.querySelector(".chosen");
    list.replaceChildren(...[...input.files].map((f, i) => {
      const item = document.createElement("li"), name = document.createElement("strong"), about = document.createElement("span"), out = document.createElement("button");
      name.textContent = f.name;
      about.className = "muted";
      about.textContent = size(f.size);
      Object.assign(out, {type: "button", id: `${form.id}-chip-${i}`, className: "dismiss", textContent: "×"});
      out.setAttribute("aria-label", `Remove ${f.name}`);
      out.addEventListener("click", () => {
        hold(input, [...input.files].filter((_, j) => j !== i));
        (document.getElementById(`${form.id}-chip-${Math.min(i, input.files.length - 1)}`) || input).focus();
      });
      item.append(name, about, out);
      return item;
    }));
  }

  document.addEventListener("focusin", (e) => { focused = e.target.id; });
  document.addEventListener("change", (e) => {
    const input = inputOf(formOf(e));
    if (e.target === input) hold(input, [...(before.get(input) || []), ...input.files]);
  });
  document.addEventListener("reset", (e) => {
    const input = inputOf(formOf(e));
    if (input) setTimeout(() => hold(input, []));
  });
  document.addEventListener("paste", (e) => {
    const input = inputOf(formOf(e));
    if (!input || !e.clipboardData?.files.length) return;
    e.preventDefault();
    hold(input, [...input.files, ...e.clipboardData.files]);
  });
  document.addEventListener("dragover", (e) => { if (inputOf(formOf(e)) && e.dataTransfer?.types.includes("Files")) e.preventDefault(); });
  document.addEventListener("drop", (e) => {
    const input = inputOf(formOf(e));
    if (!input || !e.dataTransfer?.files.length) return;
    e.preventDefault();
    hold(input, [...input.files, ...e.dataTransfer.files]);
  });

  // What a form has taken along is not to be sent with it once more.
  document.addEventListener("submit", (e) => {
    const inputs = e.target.matches("dialog form[enctype='multipart/form-data']") ? e.target.querySelectorAll("[type=file]") : [];
    setTimeout(() => { for (const input of inputs) input.value = ""; });
  });

  // The page comes without what is chosen.
  document.addEventListener("page:shown", () => {
    for (const form of document.querySelectorAll("[data-composer]")) if (inputOf(form)) show(inputOf(form));
    if (document.activeElement === document.body && focused.includes("-chip-")) document.getElementById(focused)?.focus();
  });
})();
