// Elements of a page: made, filled, and kept from one message to the next.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {Element | null} [parent] where it is appended
 * @param {string} [text]
 */
export function element(tag, className = "", parent = null, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  parent?.append(made);
  return made;
}

/** @param {string} className @param {Element | null} parent @param {string} text @param {() => void} [press] */
export function button(className, parent, text, press) {
  const made = element("button", className, parent, text);
  made.type = "button"; // in a form, it does not submit
  if (press) made.onclick = press;
  return made;
}

/** Set a text only where it differs, so that a selection stays. @param {Element} target @param {string} text */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** The name that is read aloud. @param {HTMLElement} target @param {string} label @param {boolean} [seen] as a hint, too */
export function setLabel(target, label, seen) {
  if (target.getAttribute("aria-label") === label) return;
  target.setAttribute("aria-label", label);
  if (seen) target.title = label;
}

/**
 * The children of an element, one for each item. An item whose id is known keeps its element.
 * @template {{ id: string | number }} Item
 * @template {{ root: Element }} View the element and its parts
 */
export class Children {
  constructor(/** @type {Element} */ parent, /** @type {(item: Item) => View} */ make) {
    this.parent = parent;
    this.make = make;
    /** @type {Map<string | number, View>} */ this.views = new Map();
  }

  /** Add, remove and order the children. @param {Item[]} items @returns {[View, Item][]} in the items' order */
  update(items) {
    const wanted = new Set(items.map((item) => item.id));
    for (const [id, view] of this.views) {
      if (wanted.has(id)) continue;
      view.root.remove();
      this.views.delete(id);
    }
    return items.map((item, index) => {
      const view = this.views.get(item.id) || this.make(item);
      this.views.set(item.id, view);
      const there = this.parent.children[index] || null;
      if (there !== view.root) this.parent.insertBefore(view.root, there);
      return [view, item];
    });
  }
}

/** Children that only show texts. @param {Element} parent @param {keyof HTMLElementTagNameMap} tag */
export function textChildren(parent, tag) {
  /** @type {Children<{ id: number, text: string }, { root: Element }>} */
  const children = new Children(parent, () => ({ root: document.createElement(tag) }));
  return (/** @type {string[]} */ texts) => {
    const items = texts.map((text, id) => ({ id, text }));
    for (const [{ root }, { text }] of children.update(items)) setText(root, text);
  };
}

/**
 * Put a child among its siblings by its number, whatever comes first.
 * @template {Element} Child
 * @param {Element} parent
 * @param {Map<number, Child>} placed the siblings; the child joins them
 * @param {number} number
 * @param {Child} child
 */
export function insertByNumber(parent, placed, number, child) {
  const later = [...placed.keys()].filter((each) => each > number);
  parent.insertBefore(child, placed.get(Math.min(...later)) || null);
  placed.set(number, child);
}

/** The colours and fonts of Streamlit's theme. @param {Element} place */
export function theme(place) {
  const style = getComputedStyle(place);
  const read = (/** @type {string} */ name, fallback = "") => style.getPropertyValue(`--st-${name}`).trim() || fallback;
  return {
    text: read("text-color", style.color),
    grid: read("border-color", "rgba(128,128,128,.3)"),
    background: read("background-color", "#ffffff"),
    secondary: read("secondary-background-color", "#000000"),
    primary: read("primary-color", "#5588ff"),
    font: read("font", style.fontFamily),
  };
}

/**
 * Put a text into the clipboard. A page without TLS, as in most classrooms, has no navigator.clipboard.
 * @param {string} text
 */
export function copy(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const field = element("textarea", "", document.body);
  field.value = text;
  field.select();
  document.execCommand("copy");
  field.remove();
}

/**
 * Give a canvas the screen's resolution.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width in CSS pixels
 * @param {number} height
 * @returns its context, in CSS pixels
 */
export function resizeCanvas(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}
