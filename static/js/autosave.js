// Answers are kept as they are given: a draft, until the button is pressed.
const PAUSE = 800;
const AGAIN = 10_000;

export function start() {
  for (const form of document.querySelectorAll("form[data-autosave]")) watch(form);
}

function watch(form) {
  const status = form.querySelector("[data-saved-status]") ?? document.querySelector("[data-saved-status]");
  let timer, pending = false;

  const say = (word) => { if (status) status.textContent = status.dataset[word]; };
  const later = (pause) => { clearTimeout(timer); timer = setTimeout(save, pause); };
  const save = async () => {
    pending = false;
    say("saving");
    try {
      await post(form);
      say("saved");
    } catch {
      pending = true;
      say("unsaved");
      later(AGAIN);
    }
  };
  form.addEventListener("input", () => { pending = true; later(PAUSE); });
  form.addEventListener("submit", () => { pending = false; clearTimeout(timer); });
  window.addEventListener("pagehide", () => { if (pending) post(form, true).catch(() => {}); });
  form.saveNow = () => (pending ? post(form, true) : Promise.resolve());
}

async function post(form, leaving = false) {
  const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), keepalive: leaving, redirect: "manual" });
  if (!answer.ok && answer.type !== "opaqueredirect") throw new Error(answer.status);
}
