// Questions of a part of a page: one that is answered with yes or no, and one for a name.

import { button, element } from "./dom.js";

/** Ask in a dialog. @param {Element} parent @param {string} text @param {string} yes @param {string} no @returns {Promise<boolean>} */
export function asked(parent, text, yes, no) {
  const dialog = element("dialog", "essaim-asked", parent);
  element("p", "", dialog, text);
  const row = element("div", "essaim-tools", dialog);
  button("essaim-primary", row, yes, () => dialog.close("yes"));
  const stay = button("", row, no, () => dialog.close("no"));
  return new Promise((resolve) => {
    dialog.onclose = () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    };
    dialog.showModal();
    stay.focus(); // Enter alone changes nothing
  });
}

/**
 * Ask for a name in a line of the page.
 * @param {Element} parent
 * @param {{ label: string, value: string, yes: string, no: string, fault: (name: string) => string }} texts fault: what
 *   is wrong with a name, else ""
 * @param {(name: string) => void} done
 */
export function named(parent, { label, value, yes, no, fault }, done) {
  parent.replaceChildren();
  const form = element("form", "essaim-named", parent);
  const field = element("label", "", form, label);
  const input = element("input", "", field);
  Object.assign(input, { value, spellcheck: false, autocomplete: "off", autocapitalize: "off", enterKeyHint: "done" });
  const row = element("div", "essaim-tools", form);
  const make = button("essaim-primary", row, yes);
  make.type = "submit";
  button("", row, no, () => parent.replaceChildren());
  const wrong = element("p", "essaim-wrong", form);
  wrong.setAttribute("role", "alert");
  form.onkeydown = (event) => {
    if (event.key === "Escape") parent.replaceChildren();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const name = input.value.trim();
    wrong.textContent = fault(name);
    if (wrong.textContent) return;
    parent.replaceChildren();
    done(name);
  };
  input.focus();
  input.setSelectionRange(0, value.lastIndexOf(".") > 0 ? value.lastIndexOf(".") : value.length);
}
