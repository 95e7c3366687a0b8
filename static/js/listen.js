// Reads a text aloud with the voice of the device; hidden where there is none.
export function start() {
  if (!("speechSynthesis" in window)) return;
  for (const button of document.querySelectorAll("[data-listen]")) offer(button);
}

function offer(button) {
  const word = button.querySelector("span");
  const [listen, stop] = [word.textContent, button.dataset.stop];
  const idle = () => { word.textContent = listen; };
  button.hidden = false;
  button.addEventListener("click", () => {
    const speaking = speechSynthesis.speaking;
    speechSynthesis.cancel();
    if (speaking) return idle();
    const sentences = sentencesOf(document.getElementById(button.dataset.listen) ?? document.querySelector("main"));
    // Short pieces: some voices fall silent after fifteen seconds.
    sentences.forEach((text, at) => {
      const said = new SpeechSynthesisUtterance(text);
      said.lang = document.documentElement.lang;
      said.rate = 0.9;
      if (at === sentences.length - 1) said.onend = idle;
      speechSynthesis.speak(said);
    });
    if (sentences.length) word.textContent = stop;
  });
  window.addEventListener("pagehide", () => speechSynthesis.cancel());
}

function sentencesOf(place) {
  const blocks = place.querySelectorAll("h1, h2, h3, p, li, figcaption, td, th, label, img[alt]");
  return [...blocks]
    .filter((block) => !block.closest(".noprint, [hidden]") && !block.querySelector("p, li"))
    .flatMap((block) => (block.alt ?? block.textContent).trim().split(/(?<=[.!?…])\s+/))
    .filter((text) => text);
}
