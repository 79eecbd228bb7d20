// Improve pages that work without a script.
"use strict";

// A picture that cannot be loaded disappears. Some have failed before this runs.
const broken = (image) => image.complete && image.naturalWidth === 0 && image.currentSrc !== "";
document.addEventListener("error", ({ target }) => {
  if (target instanceof HTMLImageElement) target.remove();
}, true);
for (const image of [...document.images].filter(broken)) image.remove();

// Dates become relative, "3 hours ago", with the exact date as their title. On the page of a
// story, where dates are compared, they stay.
const UNITS = [
  ["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
function age() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    if (time.closest(".timeline")) continue;
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["minute", 60];
    time.title ||= time.textContent;
    time.textContent = relative.format(Math.trunc(seconds / length), unit);
  }
}
setInterval(age, 60000);

// Copying an address. Without a script the address can still be selected.
function enliven() {
  age();
  for (const button of document.querySelectorAll("button.copy[hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  for (const field of document.querySelectorAll(".copied")) {
    field.onfocus = () => field.select();
  }
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copies);
  const status = document.getElementById("copied");
  const value = field.value ?? field.textContent;
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    if (field.select) field.select();
    else getSelection().selectAllChildren(field);
    document.execCommand("copy"); // where the page did not come over https
  }
  const label = button.querySelector("span:not(.unseen)");
  const before = label.textContent;
  if (before === status.dataset.done) return;
  label.textContent = status.dataset.done;
  status.textContent = `${status.dataset.done}: ${value}`;
  setTimeout(() => { label.textContent = before; }, 1500);
}

enliven();

// A slash goes to the search box, as in many readers.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.getElementById("q");
  if (box) { event.preventDefault(); box.focus(); }
});

// The composer: what comes of the form is shown as it is filled in.
const form = document.getElementById("compose");
if (form) {
  let waiting = 0;
  let asked = 0;
  const received = new Map(); // what came last, before dates in it became relative
  const refresh = async () => {
    const filled = [...new FormData(form)].filter(([, value]) => value.trim() !== "");
    const address = `${form.action.split("#")[0]}?${new URLSearchParams(filled)}`;
    const mine = ++asked;
    let answer;
    try {
      answer = await fetch(address, { headers: { Accept: "text/html" } });
    } catch {
      return; // the button still works
    }
    if (mine !== asked || !(answer.ok || answer.status === 400)) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    const focused = document.activeElement;
    for (const old of document.querySelectorAll("[data-live]")) {
      const fresh = made.getElementById(old.id);
      if (!fresh) continue;
      const markup = fresh.innerHTML;
      const isShown = markup === old.innerHTML || markup === received.get(old.id);
      if (!isShown) old.replaceChildren(...fresh.childNodes);
      received.set(old.id, markup);
    }
    if (!focused.isConnected && focused.name) { // a box that is elsewhere now, or nowhere
      const boxes = [...form.querySelectorAll(`[name="${focused.name}"]`)];
      const same = boxes.find((box) => box.value === focused.value);
      (same ?? document.getElementById(`find-${focused.name}`))?.focus();
    }
    for (const field of form.elements) {
      const problem = field.id && document.getElementById(`problem-${field.name}`);
      if (!problem) continue;
      if (problem.textContent.trim() === "") field.removeAttribute("aria-invalid");
      else field.setAttribute("aria-invalid", "true"); // an empty one means false
    }
    history.replaceState(null, "", answer.ok ? answer.url : address);
    enliven();
  };
  form.addEventListener("input", ({ target }) => {
    // As in the page that comes, so that boxes are not made again while one ticks them.
    if (target.type === "checkbox") target.toggleAttribute("checked", target.checked);
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 250);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    await refresh();
    if (event.submitter?.matches(".strong")) document.getElementById("outcome").focus();
  });
}
