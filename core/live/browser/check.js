// The live check of one step of a lab: green once the cluster is as it should be, else a remark on what is missing.
// When a step is done, Streamlit draws the page again, with the next step.

import { Component, mount } from "./component.js";
import { element } from "./dom.js";

/** @import { Message, PageData, Run, Topic, Words } from "./types" */
/** @typedef {PageData & { lab: string, step: number, done: number, remark: string, words: Words }} Data */

/** @extends {Component<Data>} */
class Check extends Component {
  /** @type {Topic[]} */ topics = ["labs"];
  told = 0; // how many steps the page's script knows to be done
  text = "";

  update(/** @type {Run<Data>} */ run) {
    const { lab, step } = this.run.data;
    if (lab === run.data.lab && step !== run.data.step) toTop();
    this.told = run.data.done;
    super.update(run);
  }

  receive(/** @type {Message} */ message) {
    super.receive(message);
    if (message.topic !== "labs") return;
    const done = message.labs[this.data.lab]?.done;
    if (done === undefined || done === this.told) return;
    this.told = done;
    this.send("done", done);
  }

  draw() {
    const { lab, step, words, done, remark } = this.data;
    const news = this.news.labs?.labs[lab] || { done, remark };
    const green = news.done > step;
    const waiting = news.done < step ? words.later : news.remark || words.waiting;
    const text = green ? words.green : waiting;
    const line = /** @type {HTMLElement} */ (this.run.parentElement.querySelector(".essaim-check"));
    line.dataset.step = String(step);
    line.dataset.green = String(green);
    line.dataset.remark = String(!green && news.done === step && Boolean(news.remark));
    if (this.text === text) return;
    this.text = text;
    const parts = text.split("`"); // every other one is code
    line.replaceChildren(...parts.map((part, index) => (index % 2 ? element("code", "", null, part) : part)));
  }
}

/** Another step is read from its beginning. */
function toTop() {
  const top = document.querySelector(".st-key-lab_step");
  if (top && top.getBoundingClientRect().top < 0) top.scrollIntoView({ block: "start" });
}

export default mount(Check);
