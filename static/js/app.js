// The little that pages do better with JavaScript. Each works without it; each part is fetched only where it is used.
const parts = {
  "[data-pick-all], [data-bulk]": () => import("./table.js"),
  "form[data-autosave]": () => import("./autosave.js"),
  "body[data-idle-seconds]": () => import("./idle.js"),
  "[data-copy]": () => import("./copy.js"),
  "[data-listen]": () => import("./listen.js"),
  "[data-poll]": () => import("./poll.js"),
  "form[data-passkey]": () => import("./passkey.js"),
};

for (const [where, load] of Object.entries(parts)) {
  if (document.querySelector(where)) load().then((part) => part.start());
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
});

// A form that came back: read the summary first.
document.querySelector("[data-focus]")?.focus();

// What another site's form brought goes on by itself.
document.querySelector("form[data-relay]")?.submit();

// Two clicks are one deed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});
