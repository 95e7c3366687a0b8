// A job's page follows its job: only what has changed is replaced, so focus and reading stay where they are.
const EVERY = 1000;

export function start() {
  for (const place of document.querySelectorAll("[data-poll]")) follow(place);
}

function isOver(state) {
  return state !== "waiting" && state !== "running";
}

async function follow(place) {
  let pause = EVERY;
  while (!isOver(place.dataset.state)) {
    await new Promise((done) => setTimeout(done, document.hidden ? EVERY * 5 : pause));
    try {
      const answer = await fetch(place.dataset.poll, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const news = page.getElementById(place.id);
      if (!news || isOver(news.dataset.state)) return location.reload();
      place.dataset.state = news.dataset.state;
      for (const part of news.querySelectorAll("[id]")) {
        const shown = document.getElementById(part.id);
        if (shown && shown.innerHTML !== part.innerHTML) shown.innerHTML = part.innerHTML;
      }
      pause = EVERY;
    } catch {
      pause = Math.min(pause * 2, 30_000);
    }
  }
}
