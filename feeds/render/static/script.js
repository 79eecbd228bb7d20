// What makes pages better, and nothing that they need.
"use strict";

// Copying an address. Without a script the address can still be selected.
for (const button of document.querySelectorAll("button.copy")) {
  const field = document.getElementById(button.dataset.copies);
  const said = document.getElementById("copied");
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // where the page did not come over https
    }
    if (said) said.textContent = `Copied ${field.value}`;
    const label = button.firstChild;
    const before = label.data;
    label.data = "Copied";
    setTimeout(() => { label.data = before; }, 1500);
  });
}
for (const field of document.querySelectorAll("input.copied")) {
  field.addEventListener("focus", () => field.select());
}

// A slash goes to the search box, as in many readers.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.getElementById("q");
  if (box) { event.preventDefault(); box.focus(); }
});
