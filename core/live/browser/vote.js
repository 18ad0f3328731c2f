// The vote: one question, a number per node, and after the reveal the votes against the truth.

import { counted } from "./parts.js";
import { mount } from "./socket.js";

const KEPT = "essaim-vote"; // in this browser: who votes, and what was last heard of them

function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

// Not crypto.randomUUID, which plain http has not.
function someone() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) || {};
  } catch {
    return {};
  }
}

function keep(what) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(what));
  } catch {
    /* a private window: this page only */
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const told = (counts) => counts.join(" · ");

class Vote {
  constructor(component) {
    this.at = (name) => component.parentElement.querySelector(`[data-part="${name}"]`);
    this.mine = kept();
    this.mine.voter ||= someone();
    keep(this.mine);
    this.at("send").onclick = () => this.send();
    this.update(component);
  }

  update(component) {
    this.component = component;
    const { heard, words } = component.data;
    this.at("send").textContent = words.send;
    if (heard && !same(heard, this.mine.heard)) {
      this.mine.heard = heard;
      keep(this.mine);
    }
    if (this.poll) this.draw();
  }

  link() {}

  receive(message) {
    if (message.topic !== "votes") return;
    const fresh = message.asked !== this.poll?.asked;
    const moved = this.poll && message.phase !== this.poll.phase;
    this.poll = message;
    if (moved && this.component.data.teaching) this.component.setTriggerValue("phase", message.phase);
    if (fresh) this.build();
    this.draw();
  }

  // What this browser's vote on this question is, as far as the server has heard it.
  get heard() {
    const { heard } = this.mine;
    return heard && heard.asked === this.poll.asked ? heard.counts : null;
  }

  build() {
    const { nodes = [], kind } = this.poll;
    const { words } = this.component.data;
    const first = this.heard || nodes.map((node) => (kind === "scale" ? 0 : node.before));
    this.at("ballot").replaceChildren();
    this.fields = nodes.map((node, index) => {
      const row = element("div", "essaim-ballot-row", this.at("ballot"));
      const name = element("label", "", row, node.name);
      element("small", "", name, words.before.replace("{count}", node.before));
      const less = element("button", "", row, "−"),
        field = element("input", "", row),
        more = element("button", "", row, "+");
      less.type = more.type = "button";
      less.setAttribute("aria-label", words.less.replace("{node}", node.name));
      more.setAttribute("aria-label", words.more.replace("{node}", node.name));
      Object.assign(field, {
        type: "number",
        min: 0,
        max: this.poll.replicas,
        inputMode: "numeric",
        value: first[index],
      });
      field.setAttribute("aria-label", node.name);
      field.oninput = () => this.sum();
      field.onfocus = () => field.select();
      less.onclick = () => {
        field.value = Math.max(0, Number(field.value) - 1);
        this.sum();
      };
      more.onclick = () => {
        field.value = Math.min(this.poll.replicas, Number(field.value) + 1);
        this.sum();
      };
      return field;
    });
  }

  get counts() {
    return this.fields.map((field) => (field.value === "" ? NaN : Number(field.value)));
  }

  sum() {
    const { words } = this.component.data;
    const { counts } = this;
    const whole = counts.every((count) => Number.isInteger(count) && count >= 0);
    const sum = counts.reduce((all, count) => all + count, 0);
    const good = whole && sum === this.poll.replicas;
    this.at("sum").textContent = counted("sum", whole ? sum : "?", this.component.data).replace(
      "{replicas}",
      this.poll.replicas,
    );
    this.at("sum").dataset.good = String(good);
    this.at("send").disabled = !good || same(counts, this.heard);
    this.at("heard").textContent = this.heard ? words.heard.replace("{counts}", told(this.heard)) : "";
  }

  send() {
    this.component.setTriggerValue("vote", { voter: this.mine.voter, asked: this.poll.asked, counts: this.counts });
  }

  draw() {
    const { phase, question, votes } = this.poll;
    const { words } = this.component.data;
    this.at("root").dataset.phase = phase;
    this.at("question").textContent = question || words.none;
    this.at("votes").textContent = phase === "none" ? "" : counted("votes", votes, this.component.data);
    this.at("state").textContent = phase === "moving" ? words.moving : "";
    for (const part of ["ballot", "sum", "send", "heard"]) this.at(part).hidden = phase !== "open";
    for (const part of ["truth", "verdict", "answers", "why"]) this.at(part).hidden = phase !== "revealed";
    if (phase === "open") this.sum();
    if (phase === "revealed") this.reveal();
  }

  reveal() {
    const { nodes, truth, right, votes, answers, why, all_right: allRight } = this.poll;
    const { words } = this.component.data;
    const { heard } = this;
    this.at("truth").replaceChildren(
      ...nodes.map((node, index) => {
        const card = element("div", "essaim-truth");
        element("span", "", card, node.name);
        element("strong", "", card, String(truth[index]));
        if (heard) element("small", "", card, words.yours.replace("{count}", heard[index]));
        return card;
      }),
    );
    const mine = heard && allRight.some((counts) => same(counts, heard));
    const share = votes ? words.foresaw.replace("{right}", right).replace("{votes}", votes) : words.nobody;
    this.at("verdict").textContent = heard ? `${mine ? words.you_did : words.you_did_not} ${share}` : share;
    const most = Math.max(1, ...answers.map((answer) => answer.votes));
    this.at("answers").replaceChildren(
      ...answers.map((answer) => {
        const row = element("div", "essaim-answer");
        row.dataset.right = String(answer.right);
        element("span", "", row, `${answer.right ? "✓" : "✕"} ${told(answer.counts)}`);
        const bar = element("span", "essaim-answer-bar", element("span", "", row));
        bar.style.width = `${(100 * answer.votes) / most}%`;
        element("strong", "", row, String(answer.votes));
        return row;
      }),
    );
    this.at("why").textContent = why;
  }

  close() {
    this.stop();
  }
}

export default mount(Vote);
