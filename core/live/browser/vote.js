// The vote: one question, a number per node, and after the reveal the votes against the truth; beside it the live tiles.

import { Component, mount } from "./component.js";
import { button, element, setLabel } from "./dom.js";
import { counted, fill } from "./texts.js";
import { Tiles } from "./tiles.js";

/** @import { Message, PageData, Poll, Run, Topic, Words } from "./types" */
/** @typedef {{ asked: number, counts: number[] }} Heard a vote that the server has taken */
/**
 * @typedef {PageData & { teaching: boolean, heard: Heard | null, words: Words, code: Code | null }} Data
 * @typedef {{ title: string, address: string, svg: string }} Code for the phones of the class
 */

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
  /** @type {Topic[]} */ topics = ["votes", "cluster"];
  mine = stored();
  tiles = new Tiles(this.at("nodes"));
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
    this.drawCode();
    super.update(run);
  }

  drawCode() {
    const { code } = this.data;
    const place = this.at("code");
    if (!code || place.title === code.address) return;
    place.title = code.address;
    place.replaceChildren();
    element("strong", "", place, code.title);
    element("div", "", place).innerHTML = code.svg; // made by our own server, of our own address
    element("figcaption", "", place, code.address);
  }

  receive(/** @type {Message} */ message) {
    if (message.topic === "cluster") super.receive(message);
    if (message.topic !== "votes") return;
    const before = this.news.votes;
    const moved = before && message.phase !== before.phase;
    this.news.votes = message;
    if (moved && this.data.teaching) this.send("phase", message.phase);
    if (message.asked !== before?.asked) this.build(message);
    this.draw("votes");
    this.drawTiles();
  }

  /** The tiles, with those of the service in question in front. */
  drawTiles() {
    const { cluster, votes } = this.news;
    if (!cluster) return;
    const there = cluster.services.some(({ id }) => id === votes?.service);
    this.tiles.draw(cluster, (there && votes?.service) || "", { words: this.data.words });
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

  draw(/** @type {Topic | undefined} */ topic) {
    if (topic !== "votes") this.drawTiles();
    const poll = this.news.votes;
    if (!poll || topic === "cluster") return;
    const { phase, question, votes } = poll;
    const { words } = this.data;
    this.at("root").dataset.phase = phase;
    this.at("question").textContent = question || words.none;
    this.at("votes").textContent = phase === "none" ? "" : counted("votes", votes, this.data);
    this.at("state").textContent = phase === "moving" ? words.moving : "";
    for (const part of ["ballot", "sum", "send", "heard"]) this.at(part).hidden = phase !== "open";
    for (const part of ["truth", "verdict", "answers", "why"]) this.at(part).hidden = phase !== "revealed";
    this.at("order").textContent = poll.order || "";
    this.at("order").hidden = !poll.order || phase === "moving";
    this.at("code").hidden = !this.data.code || phase === "moving" || phase === "revealed";
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
      const given = element("span", "", row, `${answer.right ? "✓" : "✕"} ${told(answer.counts)}`);
      if (answer.swapped) element("small", "", given, words.swapped);
      const bar = element("span", "essaim-answer-bar", element("span", "", row));
      bar.style.width = `${(100 * answer.votes) / most}%`;
      element("strong", "", row, String(answer.votes));
    }
    this.at("why").textContent = why;
  }
}

export default mount(Vote);
