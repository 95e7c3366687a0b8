// A shared computer says goodbye by itself: it asks one minute before, then saves and leaves.
const WARNING = 60;
const SIGN_EVERY = 120_000;

export function start() {
  const limit = Number(document.body.dataset.idleSeconds);
  const dialog = document.getElementById("idle");
  const left = dialog.querySelector("[data-idle-left]");
  let seen = Date.now();
  let told = seen;

  const alive = () => { if (!dialog.open) seen = Date.now(); };
  for (const sign of ["pointerdown", "keydown", "scroll", "input"]) document.addEventListener(sign, alive, { passive: true });
  // Whoever reads or types is here too: the server must know, or it would close the session first.
  const tell = () => { told = Date.now(); fetch("/healthz").catch(() => {}); };
  dialog.addEventListener("close", () => { seen = Date.now(); tell(); });
  // One clock for all the tabs of this session.
  const shared = () => Number(localStorage.getItem("seen") ?? 0);

  const timer = setInterval(() => {
    if (!dialog.open && seen > shared()) localStorage.setItem("seen", seen);
    if (seen - told > SIGN_EVERY) tell();
    const rest = Math.ceil(limit - (Date.now() - Math.max(seen, dialog.open ? 0 : shared())) / 1000);
    if (rest <= 0) {
      clearInterval(timer);
      leave(dialog);
    } else if (rest <= Math.min(WARNING, limit / 2)) {
      if (!dialog.open) dialog.showModal();
      left.textContent = `${rest} s`;
    }
  }, 1000);
}

async function leave(dialog) {
  const saving = [...document.querySelectorAll("form[data-autosave]")].map((form) => form.saveNow?.());
  await Promise.race([Promise.allSettled(saving), new Promise((done) => setTimeout(done, 3000))]);
  localStorage.removeItem("seen");
  dialog.querySelector("form").submit();
}
