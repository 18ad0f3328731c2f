// A line that one part of a page has another part type: a lab's line, in the terminals or the console of the same page.

/**
 * @typedef {{ machine: string, line: string, run: boolean }} Wish machine: whose terminal is meant; run: with Enter
 */

/** @type {Set<(wish: Wish) => void>} */ const takers = new Set();
/** @type {Wish[]} */ let waiting = []; // nobody takes them yet: the page is still being drawn

/** @param {Wish} wish */
export function ask(wish) {
  if (!takers.size) waiting.push(wish);
  for (const taker of takers) taker(wish);
}

/** @param {(wish: Wish) => void} taker is given what was asked for before, too @returns a function that ends it */
export function take(taker) {
  takers.add(taker);
  for (const wish of waiting.splice(0)) taker(wish);
  return () => takers.delete(taker);
}

/** What nobody took is not typed later, on another page. */
export function forget() {
  waiting = [];
}

/** Bring the terminals of the page to the front: their tab is the first one. */
export function toFront() {
  const desk = document.querySelector(".st-key-lab_desk");
  const tab = /** @type {HTMLElement | null | undefined} */ (desk?.querySelector("[role=tab]"));
  if (tab?.getAttribute("aria-selected") === "false") tab.click();
  if (desk && desk.getBoundingClientRect().top > innerHeight / 2) show(desk);
}

/** Scroll to a part of the page. @param {Element} part */
export function show(part) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  part.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}
