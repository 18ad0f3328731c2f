// The vote: one question, a number per node, and after the reveal the votes against the truth.

import { Component, mount } from "./component.js";
import { button, element, setLabel } from "./dom.js";
import { counted, fill } from "./texts.js";

/** @import { Message, PageData, Poll, Run, Topic, Words } from "./types" */
/** @typedef {{ asked: number, counts: number[] }} Heard a vote that the server has taken */
/** @typedef {PageData & { teaching: boolean, heard: Heard | null, words: Words }} Data */

const STORED = "essaim-vote"; // in this browser: its voter's id, and the last vote that was heard

/** A random id; plain http has no crypto.randomUUID. */
function someone() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {{ voter: string, heard?: Heard }} */
function stored() {
  try {
    return { voter: someone(), ...JSON.parse(localStorage.getItem(STORED) || "{}") };
  } catch {
    return { voter: someone() };
  }
}

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
/** @param {number[]} counts */
const told = (counts) => counts.join(" · ");

/** @extends {Component<Data>} */
class Vote extends Component {
  /** @type {Topic[]} */ topics = ["votes"];
  mine = stored();
  /** @type {HTMLInputElement[]} */ fields = []; // one for each node

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    this.keep();
    this.at("send").onclick = () => {
      const { asked } = /** @type {Poll} */ (this.news.votes);
      this.send("vote", { voter: this.mine.voter, asked, counts: this.counts });
    };
  }

  keep() {
    try {
      localStorage.setItem(STORED, JSON.stringify(this.mine));
    } catch {
      // A private window: for this page only.
    }
  }

  update(/** @type {Run<Data>} */ run) {
    const { heard, words } = run.data;
    this.at("send").textContent = words.send;
    if (heard && !same(heard, this.mine.heard)) {
      this.mine.heard = heard;
      this.keep();
    }
    super.update(run);
  }

  receive(/** @type {Message} */ message) {
    if (message.topic !== "votes") return;
    const before = this.news.votes;
    const moved = before && message.phase !== before.phase;
    this.news.votes = message;
    if (moved && this.data.teaching) this.send("phase", message.phase);
    if (message.asked !== before?.asked) this.build(message);
    this.draw();
  }

  /** This browser's vote on this question, as far as the server has heard it. @param {Poll} poll */
  heard({ asked }) {
    const { heard } = this.mine;
    return heard && heard.asked === asked ? heard.counts : null;
  }

  build(/** @type {Poll} */ poll) {
    const { nodes = [], kind, replicas } = poll;
    const { words } = this.data;
    const first = this.heard(poll) || nodes.map((node) => (kind === "scale" ? 0 : node.before));
    this.at("ballot").replaceChildren();
    this.fields = nodes.map(({ name, before }, index) => {
      const row = element("div", "essaim-ballot-row", this.at("ballot"));
      element("small", "", element("label", "", row, name), fill(words.before, { count: before }));
      const step = (/** @type {number} */ by) => () => {
        const stepped = Number(field.value) + by;
        field.value = String(by < 0 ? Math.max(0, stepped) : Math.min(replicas, stepped));
        this.sum(poll);
      };
      setLabel(button("", row, "−", step(-1)), fill(words.less, { node: name }));
      const field = element("input", "", row);
      setLabel(button("", row, "+", step(1)), fill(words.more, { node: name }));
      Object.assign(field, { type: "number", min: 0, max: replicas, inputMode: "numeric", value: first[index] });
      setLabel(field, name);
      field.oninput = () => this.sum(poll);
      field.onfocus = () => field.select();
      return field;
    });
  }

  get counts() {
    return this.fields.map((field) => (field.value === "" ? NaN : Number(field.value)));
  }

  sum(/** @type {Poll} */ poll) {
    const { counts } = this;
    const { replicas } = poll;
    const heard = this.heard(poll);
    const whole = counts.every((count) => Number.isInteger(count) && count >= 0);
    const sum = counts.reduce((all, count) => all + count, 0);
    const good = whole && sum === replicas;
    this.at("sum").textContent = counted("sum", whole ? sum : "?", this.data, { replicas });
    this.at("sum").dataset.good = String(good);
    this.at("send").disabled = !good || same(counts, heard);
    this.at("heard").textContent = heard ? fill(this.data.words.heard, { counts: told(heard) }) : "";
  }

  draw() {
    const poll = this.news.votes;
    if (!poll) return;
    const { phase, question, votes } = poll;
    const { words } = this.data;
    this.at("root").dataset.phase = phase;
    this.at("question").textContent = question || words.none;
    this.at("votes").textContent = phase === "none" ? "" : counted("votes", votes, this.data);
    this.at("state").textContent = phase === "moving" ? words.moving : "";
    for (const part of ["ballot", "sum", "send", "heard"]) this.at(part).hidden = phase !== "open";
    for (const part of ["truth", "verdict", "answers", "why"]) this.at(part).hidden = phase !== "revealed";
    if (phase === "open") this.sum(poll);
    if (phase === "revealed") this.reveal(poll);
  }

  reveal(/** @type {Poll} */ poll) {
    const { nodes, truth, right, votes, answers, why, all_right: allRight } = poll;
    const { words } = this.data;
    const heard = this.heard(poll);
    this.at("truth").replaceChildren();
    nodes.forEach(({ name }, index) => {
      const card = element("div", "essaim-truth", this.at("truth"));
      element("span", "", card, name);
      element("strong", "", card, String(truth[index]));
      if (heard) element("small", "", card, fill(words.yours, { count: heard[index] }));
    });
    const mine = heard && allRight.some((counts) => same(counts, heard));
    const share = votes ? fill(words.foresaw, { right, votes }) : words.nobody;
    this.at("verdict").textContent = heard ? `${mine ? words.you_did : words.you_did_not} ${share}` : share;
    const most = Math.max(1, ...answers.map((answer) => answer.votes));
    this.at("answers").replaceChildren();
    for (const answer of answers) {
      const row = element("div", "essaim-answer", this.at("answers"));
      row.dataset.right = String(answer.right);
      element("span", "", row, `${answer.right ? "✓" : "✕"} ${told(answer.counts)}`);
      const bar = element("span", "essaim-answer-bar", element("span", "", row));
      bar.style.width = `${(100 * answer.votes) / most}%`;
      element("strong", "", row, String(answer.votes));
    }
    this.at("why").textContent = why;
  }
}

export default mount(Vote);
