// The line that one types: it grows with pasted lines, remembers, and completes.

import { element } from "./parts.js";

const DRAFT = "essaim-console-draft"; // what is typed and not sent yet outlives the page
const MOST = 300; // lines that are remembered, as in core/console/session.py

export class Prompt {
  constructor(parent, words, { run, complete, interrupt }) {
    this.words = words;
    this.run = run;
    this.complete = complete;
    this.interrupt = interrupt;
    this.history = [];
    this.back = 0; // how far up in the history
    this.choices = element("div", "essaim-choices", parent);
    this.choices.setAttribute("role", "status");
    const form = element("form", "essaim-prompt", parent);
    element("span", "essaim-sign", form).textContent = "$";
    this.field = element("textarea", "", form);
    Object.assign(this.field, {
      rows: 1,
      placeholder: words.placeholder,
      spellcheck: false,
      autocapitalize: "off",
      autocomplete: "off",
      enterKeyHint: "go",
    });
    this.field.setAttribute("autocorrect", "off");
    this.field.setAttribute("aria-label", words.prompt);
    const tab = this.button(form, "⇥", words.complete, "button");
    tab.onclick = () => this.ask();
    this.button(form, "⏎", words.run, "submit");
    form.onsubmit = (event) => {
      event.preventDefault();
      this.send();
    };
    this.field.onkeydown = (event) => this.key(event);
    this.field.oninput = () => this.changed();
    this.field.value = sessionStorage.getItem(DRAFT) || "";
    this.changed();
  }

  // The lines that were typed before: of the server and this tab, whoever remembers more.
  remember(place, history) {
    this.place = place;
    const stored = JSON.parse(sessionStorage.getItem(place) || "[]");
    const own = stored.length > this.history.length ? stored : this.history;
    this.history = own.length > history.length ? own : history;
    this.keep();
  }

  keep() {
    if (this.place) sessionStorage.setItem(this.place, JSON.stringify(this.history.slice(-MOST)));
  }

  button(parent, sign, title, type) {
    const made = element("button", "", parent);
    Object.assign(made, { type, textContent: sign, title });
    if (type === "submit") element("span", "", made).textContent = ` ${title}`;
    made.setAttribute("aria-label", title);
    return made;
  }

  focus() {
    if (matchMedia("(pointer: coarse)").matches) return; // it would bring up a phone's keyboard
    this.field.focus({ preventScroll: true });
  }

  set(text) {
    this.field.value = text;
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
    for (const line of text.split("\n").map((each) => each.trim())) {
      if (line && this.history.at(-1) !== line) this.history.push(line);
    }
    this.keep();
    this.back = 0;
    this.set("");
    this.run(text);
  }

  key(event) {
    const { field } = this;
    const before = field.value.slice(0, field.selectionStart);
    const after = field.value.slice(field.selectionEnd);
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) this.send();
    else if (event.key === "ArrowUp" && !before.includes("\n")) this.recall(1);
    else if (event.key === "ArrowDown" && !after.includes("\n")) this.recall(-1);
    else if (event.key === "c" && event.ctrlKey && field.selectionStart === field.selectionEnd) {
      if (field.value) this.set("");
      else this.interrupt();
    }
    // An empty prompt lets Tab go on, so that a keyboard never gets caught here.
    else if (event.key === "Tab" && !event.shiftKey && before.trim()) this.ask();
    else if (event.key === "Escape") this.choices.replaceChildren();
    else return;
    event.preventDefault();
  }

  recall(step) {
    const back = this.back + step;
    if (back < 0 || back > this.history.length) return;
    if (this.back === 0) this.draft = this.field.value;
    this.back = back;
    this.set(back ? this.history.at(-back) : this.draft);
  }

  ask() {
    this.complete(this.field.value.slice(0, this.field.selectionStart));
  }

  // The server's answer: complete what is certain, and show what there is to choose from.
  offer({ asked, start, common, choices }) {
    const { field } = this;
    if (!field.value.startsWith(asked)) return; // typed on meanwhile
    const rest = field.value.slice(asked.length);
    const put = (word, done) => {
      const text = asked.slice(0, start) + word + (done && !word.endsWith("=") ? " " : "");
      field.value = text + rest.trimStart();
      this.changed();
      this.focus();
      field.setSelectionRange(text.length, text.length);
    };
    put(choices.length ? common : asked.slice(start), choices.length === 1);
    if (choices.length < 2) return;
    for (const { word, hint } of choices) {
      const button = element("button", "", this.choices);
      button.type = "button";
      button.textContent = word;
      button.title = hint;
      if (hint && choices.length <= 5) element("small", "", button).textContent = ` ${hint}`;
      button.onclick = () => put(word, true);
    }
  }
}
