// Ticks of a list: all of this page, and how many are chosen.
export function start() {
  for (const form of document.querySelectorAll("form:has([data-pick])")) watch(form);
}

function watch(form) {
  const picks = [...form.querySelectorAll("[data-pick]")];
  const label = form.querySelector("[data-pick-all]");
  const all = label?.querySelector("input");
  const bar = form.querySelector("[data-bulk]");
  if (label) label.hidden = false;

  const count = () => {
    const chosen = picks.filter((pick) => pick.checked).length;
    for (const pick of picks) pick.closest("tr").toggleAttribute("data-on", pick.checked);
    if (all) {
      all.checked = chosen === picks.length && chosen > 0;
      all.indeterminate = chosen > 0 && chosen < picks.length;
    }
    if (bar) say(bar, chosen);
  };
  all?.addEventListener("change", () => {
    for (const pick of picks) pick.checked = all.checked;
    count();
  });
  form.addEventListener("change", count);
  form.addEventListener("reset", () => setTimeout(() => {
    for (const pick of picks) pick.checked = false;
    count();
  }));
  // Shift and a click take all the rows between.
  let last = -1;
  form.addEventListener("click", (event) => {
    const at = picks.indexOf(event.target);
    if (at < 0) return;
    if (event.shiftKey && last >= 0) {
      for (const pick of picks.slice(Math.min(at, last), Math.max(at, last) + 1)) pick.checked = event.target.checked;
      count();
    }
    last = at;
  });
  count();
}

function say(bar, chosen) {
  const words = bar.dataset;
  const text = chosen === 0 ? words.none : chosen === 1 ? words.one : words.many.replace("%n", chosen.toLocaleString(document.documentElement.lang));
  bar.querySelector("[data-bulk-count]").textContent = text;
  bar.querySelector("[data-bulk-clear]").hidden = chosen === 0;
}
