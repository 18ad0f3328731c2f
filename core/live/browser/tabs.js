// Tabs of a console: each has a title, and perhaps a cross.

import { button, element, setLabel } from "./dom.js";

/**
 * @param {Element} tabs
 * @param {string} title
 * @param {() => void} choose
 * @param {string} [label] of the cross
 * @param {() => void} [close] what the cross does; without it there is none
 */
export function makeTab(tabs, title, choose, label = "", close) {
  const tab = element("div", "essaim-tab", tabs);
  button("", tab, title, choose).setAttribute("role", "tab");
  if (close) setLabel(button("essaim-close", tab, "×", close), label, true);
  return tab;
}
