// The line that one types: it grows with pasted lines, remembers, and completes.

import { button, element, setLabel } from "./dom.js";
import { History } from "./history.js";

/** @import { Words } from "./types" */
/** @typedef {{ asked: string, start: number, common: string, choices: { word: string, hint: string }[] }} Completion */
/**
 * @typedef Actions
 * @property {(text: string) => void} run
 * @property {(text: string) => void} complete
 * @property {() => void} interrupt
 */

const MOST = 300; // lines that are remembered, as in core/console/session.py
const DRAFT = "essaim-console-draft"; // the unsent line outlives the page

export class Prompt {
  history = new History();
  asked = false; // whether docker asks a question

  /** @param {Element} parent @param {Words} words @param {Actions} actions */
  constructor(parent, words, actions) {
    this.actions = actions;
    this.choices = element("div", "essaim-choices", parent);
    this.choices.setAttribute("role", "status");
    const form = element("form", "essaim-prompt", parent);
    element("span", "essaim-sign", form, "$");
    this.field = element("textarea", "", form);
    Object.assign(this.field, { rows: 1, placeholder: words.placeholder, spellcheck: false, enterKeyHint: "go" });
    Object.assign(this.field, { autocapitalize: "off", autocomplete: "off" });
    this.field.setAttribute("autocorrect", "off");
    setLabel(this.field, words.prompt);
    setLabel(
      button("", form, "⇥", () => this.ask()),
      words.complete,
      true,
    );
    const run = button("", form, "⏎");
    run.type = "submit";
    element("span", "", run, ` ${words.run}`);
    setLabel(run, words.run, true);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.send();
    };
    this.field.onkeydown = (event) => this.key(event);
    this.field.oninput = () => this.changed();
    this.field.value = sessionStorage.getItem(DRAFT) || "";
    this.changed();
  }

  /**
   * The lines that were typed before, on the server or in this tab: the longest memory wins.
   * @param {string} place in the tab's storage
   * @param {string[]} history the server's
   */
  remember(place, history) {
    this.place = place;
    this.history.remember(JSON.parse(sessionStorage.getItem(place) || "[]"), history);
    this.keep();
  }

  keep() {
    if (this.place) sessionStorage.setItem(this.place, JSON.stringify(this.history.lines.slice(-MOST)));
  }

  focus() {
    if (matchMedia("(pointer: coarse)").matches) return; // it would bring up a phone's keyboard
    this.field.focus({ preventScroll: true });
  }

  /** Set the line, and the cursor. @param {string} text before the cursor @param {string} [rest] after it */
  set(text, rest = "") {
    this.field.value = text + rest;
    this.changed();
    this.focus();
    this.field.setSelectionRange(text.length, text.length);
  }

  changed() {
    this.choices.replaceChildren();
    this.field.rows = Math.min(8, this.field.value.split("\n").length);
    sessionStorage.setItem(DRAFT, this.field.value);
  }

  send() {
    const text = this.field.value;
    if (!text.trim() && !this.asked) return; // to a question, Enter alone is an answer
    this.history.add(text);
    this.keep();
    this.set("");
    this.actions.run(text);
  }

  key(/** @type {KeyboardEvent} */ event) {
    const { field } = this;
    const before = field.value.slice(0, field.selectionStart);
    const after = field.value.slice(field.selectionEnd);
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) this.send();
    else if (event.key === "ArrowUp" && !before.includes("\n")) this.recall(1);
    else if (event.key === "ArrowDown" && !after.includes("\n")) this.recall(-1);
    else if (event.key === "c" && event.ctrlKey && field.selectionStart === field.selectionEnd) {
      if (field.value) this.set("");
      else this.actions.interrupt();
    }
    // In an empty prompt Tab goes on, so that a keyboard never gets caught here.
    else if (event.key === "Tab" && !event.shiftKey && before.trim()) this.ask();
    else if (event.key === "Escape") this.choices.replaceChildren();
    else return;
    event.preventDefault();
  }

  recall(/** @type {number} */ step) {
    const line = this.history.recall(step, this.field.value);
    if (line !== undefined) this.set(line);
  }

  ask() {
    this.actions.complete(this.field.value.slice(0, this.field.selectionStart));
  }

  /** The server's answer: complete what is certain, and show the choices. @param {Completion} completion */
  offer({ asked, start, common, choices }) {
    const { value } = this.field;
    if (!value.startsWith(asked)) return; // typed on meanwhile
    const rest = value.slice(asked.length).trimStart();
    const put = (/** @type {string} */ word, /** @type {boolean} */ done) =>
      this.set(asked.slice(0, start) + word + (done && !word.endsWith("=") ? " " : ""), rest);
    put(choices.length ? common : asked.slice(start), choices.length === 1);
    if (choices.length < 2) return;
    for (const { word, hint } of choices) {
      const choice = button("", this.choices, word, () => put(word, true));
      choice.title = hint;
      if (hint && choices.length <= 5) element("small", "", choice, ` ${hint}`);
    }
  }
}
