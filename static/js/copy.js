// Values to be typed in elsewhere: a button beside each copies it. Where the browser has no clipboard, one click chooses the value.
const SHOWN = 2000;

export function start() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  const place = button.querySelector("[data-said]");
  const before = place.dataset.before ?? place.textContent;
  place.dataset.before = before;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return; // it was not allowed: the value can still be chosen
  }
  place.setAttribute("role", "status");
  place.textContent = button.dataset.done;
  setTimeout(() => { place.textContent = before; }, SHOWN);
}
