// Tabs of a console: each has a title, and perhaps a cross.

import { button, element, setLabel } from "./dom.js";

/** @type {WeakMap<Element, Element>} the list of each row */ const lists = new WeakMap();
let made = 0;

/** A row of tabs. A list of tabs may hold no crosses, so it stands beside the row, and owns the tabs. */
export function makeTabs(/** @type {string} */ className, /** @type {Element} */ parent, label = "") {
  const row = element("div", className, parent);
  const list = element("span", "essaim-tablist", parent);
  list.setAttribute("role", "tablist");
  if (label) setLabel(list, label);
  lists.set(row, list);
  return row;
}

/**
 * @param {Element} row
 * @param {string} title
 * @param {() => void} choose
 * @param {string} [label] of the cross
 * @param {() => void} [close] what the cross does; without it there is none
 */
export function makeTab(row, title, choose, label = "", close) {
  const tab = element("div", "essaim-tab", row);
  const name = button("", tab, title, choose);
  name.setAttribute("role", "tab");
  name.id = `essaim-tab-${++made}`;
  if (close) setLabel(button("essaim-close", tab, "×", close), label, true);
  const ids = [...row.querySelectorAll("[role=tab]")].map(({ id }) => id);
  lists.get(row)?.setAttribute("aria-owns", ids.join(" "));
  return tab;
}
