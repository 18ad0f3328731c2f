// A press counts though the page is drawn anew meanwhile. Where the button moves, or is made again, between the
// finger's coming and its going, the browser finds no button that saw both, and tells nobody of a click. Where one
// that has the focus is made again, the focus is lost, and a key goes nowhere.

const STILL = 10; // pixels that a finger may move in one press
const TAP_MS = 400; // after a finger has gone, until the browser may still tell of its click

/** @typedef {{ button: HTMLButtonElement, place: string, label: string }} Known */

/** @type {(Known & { x: number, y: number }) | null} */ let pressed = null;
/** @type {Known | null} */ let focused = null;

function buttonAt(/** @type {Event} */ event) {
  const [inner] = event.composedPath();
  return inner instanceof Element ? inner.closest("button") : null;
}

function labelOf(/** @type {HTMLElement} */ button) {
  return button.getAttribute("aria-label") || button.innerText;
}

/** @param {HTMLButtonElement} button @returns {Known} */
function known(button) {
  return { button, place: placeOf(button), label: labelOf(button) };
}

/** The same button, or the one that stands in its place now. @param {Known} known */
function successor({ button, place, label }) {
  if (button.isConnected) return button;
  if (!place) return undefined;
  /** @type {NodeListOf<HTMLButtonElement>} */ const there = document.querySelectorAll(`.${place} button`);
  const same = [...there].filter((each) => labelOf(each) === label);
  return same.length === 1 ? same[0] : undefined; // of several, as each node has its "Drain", nobody knows which
}

/** The class that Streamlit makes of a widget's key: it stays when the button is made again. @param {Element} button */
function placeOf(button) {
  const box = button.closest("[class*=st-key-]");
  return CSS.escape([...(box?.classList || [])].find((name) => name.startsWith("st-key-")) || "");
}

const early = { capture: true, passive: true };
addEventListener(
  "pointerdown",
  (event) => {
    const button = buttonAt(event);
    const counts = button && !button.disabled && event.isPrimary && event.button === 0;
    const { clientX: x, clientY: y } = event;
    pressed = counts ? { ...known(button), x, y } : null;
  },
  early,
);
addEventListener("pointercancel", () => (pressed = null), early); // the page was scrolled
addEventListener("contextmenu", () => (pressed = null), early); // a long touch asks for a menu, and is no press
// Where the finger came to one thing and left another, the browser tells of a click on what holds both.
addEventListener("click", (event) => buttonAt(event) && (pressed = null), early);
addEventListener(
  "pointerup",
  ({ clientX, clientY, pointerType }) => {
    const press = pressed;
    if (!press) return;
    const left = Math.hypot(clientX - press.x, clientY - press.y) > STILL;
    const act = () => {
      if (pressed !== press) return;
      pressed = null;
      const button = successor(press);
      if (!left && button && !button.disabled) button.click();
    };
    setTimeout(act, pointerType === "mouse" ? 0 : TAP_MS);
  },
  early,
);

addEventListener(
  "focusin",
  (event) => {
    const button = buttonAt(event);
    focused = button && known(button);
  },
  early,
);
addEventListener(
  "keydown",
  (event) => {
    if (!focused || focused.button.isConnected || document.activeElement !== document.body) return;
    const button = successor(focused);
    button?.focus();
    if (!button || button.disabled || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    button.click();
  },
  { capture: true },
);
