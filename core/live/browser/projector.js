// The projector's page: the live cluster in large type, led by keys. It draws what the server pushes. What a key asks
// for goes to the page's script, which knows the rights.

import { Chart } from "./charts.js";
import { Component, mount } from "./component.js";
import { button, element, setLabel } from "./dom.js";
import { Keyboard } from "./keyboard.js";
import { fill } from "./texts.js";
import { allTiles, count, SIGNS, Tiles } from "./tiles.js";

/** @import { Figure, News, Node, PageData, Phase, Run, Service, Topic } from "./types" */
/**
 * @typedef {PageData & { may: boolean, words: any, last: { line: string, error: string },
 *   codes: { title: string, address: string, svg: string }[] }} Data last: the last action; codes: QR codes
 */

const TEXT = Math.round(Math.max(18, innerWidth / 55)); // pixels, in the chart
const SETTLE_MS = 350; // + pressed five times asks once, for five more
const PATIENCE_MS = 4000; // how long a wish stands before the cluster has taken it up
/** @type {Record<string, number>} replicas by key */
const STEPS = { "+": 1, ArrowUp: 1, "-": -1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
const ANSWERS = '[data-part="answer"] button, [data-part$="-end"] button'; // which end or answer what is shown
/** @type {Record<string, string>} keys by what the list of keys calls them */
const NAMED = {
  "↑": "ArrowUp",
  "↓": "ArrowDown",
  "←": "ArrowLeft",
  "→": "ArrowRight",
  PgUp: "PageUp",
  PgDn: "PageDown",
  Esc: "Escape",
};
/** @type {Record<string, number>} */ const TURNS = { ArrowLeft: -1, ArrowRight: 1 }; // services by key

/** @extends {Component<Data>} */
class Projector extends Component {
  /** @type {Topic[]} */ topics = ["cluster"];
  chosen = ""; // a service's id
  code = 0; // the index of the QR code that is shown
  alone = false; // whether there is no service
  /** @type {{ service: string, replicas: number, until: number } | null} */ wish = null;
  /** @type {Element | null} */ before = null; // what had the focus before a part was shown over it
  /** @type {(() => void) | null} */ answer = null; // what a yes does, while something is asked

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    this.tiles = new Tiles(this.at("nodes"));
    this.bars = new Chart(this.at("bars"), run.data, TEXT);
    this.keyboard = new Keyboard(() => {
      this.name();
      this.draw();
    });
    this.keys = (/** @type {KeyboardEvent} */ event) => this.press(event);
    addEventListener("keydown", this.keys);
  }

  update(/** @type {Run<Data>} */ run) {
    this.run = run;
    const { words, last } = run.data;
    this.at("bars-title").textContent = words.bars;
    this.name();
    this.at("line").textContent = last.error ? `✕ ${last.error}` : last.line && `$ ${last.line}`;
    this.at("line").dataset.refused = String(Boolean(last.error));
    super.update(run);
  }

  /** The services that may be steered: not the dashboard itself. */
  get services() {
    return this.news.cluster?.services.filter((service) => !service.dashboard) || [];
  }

  /** @returns {Service | undefined} */
  get service() {
    const { services } = this;
    return services.find(({ id }) => id === this.chosen) || services.find(({ name }) => name === "web") || services[0];
  }

  /** The replicas that the viewer wants: those asked for, until the cluster has taken them up. @param {Service} service */
  wanted({ id, replicas }) {
    if (this.wish && (this.wish.service !== id || Date.now() > this.wish.until)) this.wish = null;
    return this.wish ? this.wish.replicas : replicas || 0;
  }

  draw() {
    const { cluster } = this.news;
    if (!cluster) return;
    const { service } = this;
    const one = cluster.services.length > 1 && service ? service.id : "";
    this.tiles.draw(cluster, one, { words: this.data.words });
    cluster.nodes.forEach(({ id }, index) => {
      const head = this.tiles.columns.views.get(id)?.head;
      if (!head) return;
      head.dataset.key = index < 9 ? this.keyboard.label(String(index + 1)) : "";
      head.onclick = () => this.action(String(index + 1))?.(); // for who has no keys
    });
    this.bars.draw(enlarged(cluster.figures[one]));
    this.drawTitle(cluster);
  }

  drawTitle(/** @type {News["cluster"]} */ cluster) {
    const { service } = this;
    const { words } = this.data;
    this.at("service").textContent = service ? service.name : words.none;
    if (this.alone !== !service) this.name();
    this.at("share").dataset.job = String(Boolean(service?.job));
    let share = "";
    if (service) {
      const wanted = service.replicas === null ? service.desired : this.wanted(service);
      share = service.job || `${service.running}/${wanted}`;
    }
    this.at("share").textContent = share;
    const tiles = allTiles(cluster).filter((tile) => tile.service === service?.id);
    this.at("phases").replaceChildren();
    for (const phase of /** @type {Phase[]} */ (Object.keys(SIGNS))) {
      const some = count(tiles, phase);
      if (!some) continue;
      const text = `${SIGNS[phase]} ${some} ${words[`phase_${phase}`]}`;
      element("span", "", this.at("phases"), text).dataset.phase = phase;
    }
  }

  press(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.news.cluster) return;
    const { target } = event;
    if (target instanceof Element && target.closest("input, textarea, select, [contenteditable=true]")) return;
    // A button that was reached by Tab is pressed.
    if (target instanceof Element && target.closest("button") && (event.key === "Enter" || event.key === " ")) return;
    const act = this.action(this.keyboard.read(event));
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** What a key does. @param {string} key as the keyboard reads it @returns {(() => void) | null | undefined} */
  action(key) {
    const { answer, services, service } = this;
    // While something is asked, only the answer counts.
    if (answer && key === "Enter") {
      return () => {
        this.shut();
        answer();
      };
    }
    if (answer) return key === "Escape" || key === "n" ? () => this.shut() : null;
    if (STEPS[key]) return () => this.scale(STEPS[key]);
    if (/^\d+$/.test(key)) {
      const node = this.news.cluster?.nodes[Number(key) - 1];
      return node && (() => this.turn(node));
    }
    if (TURNS[key] && service) {
      return () => {
        const at = services.indexOf(service) + TURNS[key] + services.length;
        this.chosen = services[at % services.length].id;
        this.draw();
      };
    }
    /** @type {Record<string, (() => void) | null>} */ const actions = {
      "?": () => this.open("help", this.data.words.help),
      c: service ? null : () => this.allowed() && this.ask({ kind: "create" }),
      q: () => this.nextCode(),
      r: () => this.rebalance(),
      f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
      v: () => this.ask({ kind: "leave", page: "vote" }),
      h: () => this.ask({ kind: "leave", page: "cluster" }),
      Escape: () => this.shut(),
    };
    return actions[key];
  }

  /** Ask the page's script. @param {{ kind: string } & Record<string, unknown>} wish */
  ask(wish) {
    this.send("wish", wish);
  }

  scale(/** @type {number} */ step) {
    const { service } = this;
    if (!service || service.replicas === null || !this.allowed()) return;
    const wanted = this.wanted(service);
    const replicas = Math.max(0, wanted + step);
    const { id, name } = service;
    const go = () => {
      this.wish = { service: id, replicas, until: Date.now() + PATIENCE_MS };
      if (this.news.cluster) this.drawTitle(this.news.cluster);
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.ask({ kind: "scale", service: id, replicas }), SETTLE_MS);
    };
    if (replicas || !wanted) go();
    else this.confirm("to_zero", { service: name }, go);
  }

  /** A node that takes tasks is drained; any other takes tasks again. @param {Node} node */
  turn({ id, name, availability, drain_warning: warning, tiles }) {
    if (!this.allowed()) return;
    const go = (/** @type {string} */ to) => this.ask({ kind: "availability", node: id, availability: to });
    if (availability !== "active") return go("active");
    const fields = { node: name, count: count(tiles, "running"), warning };
    this.confirm(warning ? "to_drain_anyway" : "to_drain", fields, () => go("drain"));
  }

  rebalance() {
    const { service } = this;
    if (!service || !this.allowed()) return;
    const { id, name } = service;
    this.confirm("to_rebalance", { service: name }, () => this.ask({ kind: "rebalance", service: id }));
  }

  allowed() {
    const { may, words } = this.data;
    if (!may) this.say(words.locked);
    return may;
  }

  /** @param {string} word @param {Record<string, unknown>} fields @param {() => void} then */
  confirm(word, fields, then) {
    const { words } = this.data;
    this.say(fill(words[word], fields), [
      ["Enter", words.yes],
      ["Escape", words.no],
    ]);
    this.answer = then;
  }

  say(/** @type {string} */ text, answers = [["Escape", this.data.words.close]]) {
    this.at("question").textContent = text;
    this.offer("answer", answers);
    this.open("ask", text);
  }

  /** Name the keys wherever they are shown: the words are new, or more of the keyboard is known. */
  name() {
    const { words } = this.data;
    this.alone = Boolean(this.news.cluster && !this.service);
    const first = this.alone ? [["c", words.create]] : ["-", "+"].map((key) => [key, "", words[key]]);
    this.offer("hint", [...first, ...words.hint]);
    this.at("keys").replaceChildren();
    for (const [names, meaning] of words.keys) {
      const term = element("dt", "", this.at("keys"));
      for (const name of names.split(" ")) this.nameKey(term, name, meaning);
      element("dd", "", this.at("keys"), meaning);
    }
    this.offer("keys-end", [["Escape", words.close]]);
  }

  /** A key in the list of keys, as a button that does the same. @param {Element} term @param {string} name @param {string} meaning */
  nameKey(term, name, meaning) {
    const shown = this.data.words.names[name] || this.keyboard.label(name);
    if (!shown) return;
    if (term.childNodes.length) term.append(" ");
    if (name === "1…9") return void term.append(shown);
    const key = NAMED[name] || name;
    const made = button("", term, shown, () => {
      if (key !== "?") this.shut();
      this.action(key)?.();
    });
    setLabel(made, `${shown}: ${meaning}`);
  }

  /**
   * Buttons for a viewer without a keyboard: each does what its key does.
   * @param {string} part
   * @param {string[][]} keys each with its meaning, and how that is read aloud where it is not shown
   */
  offer(part, keys) {
    const focused = this.at(part).contains(document.activeElement);
    this.at(part).replaceChildren();
    for (const [key, meaning, label] of keys) {
      const printed = key.length === 1 ? `${this.keyboard.label(key)} ` : "";
      const made = button("", this.at(part), `${printed}${meaning}`.trim(), () => this.action(key)?.());
      if (label) setLabel(made, label, true);
    }
    if (focused) this.at(part).querySelector("button")?.focus();
  }

  /** Show a part, or hide it where it is shown. @param {string} part @param {string} label */
  open(part, label) {
    const again = !this.at(part).hidden;
    this.shut();
    if (!again) this.show(part, label);
  }

  /** Show a part over all others: nobody reaches those meanwhile. @param {string} part @param {string} label */
  show(part, label) {
    this.before = document.activeElement;
    setLabel(this.at(part), label);
    this.at(part).hidden = false;
    this.cover(true);
    this.at(part).querySelector(ANSWERS)?.focus({ preventScroll: true });
  }

  cover(/** @type {boolean} */ covered) {
    for (const part of ["head", "nodes", "bars-frame", "foot"]) this.at(part).inert = covered;
  }

  /** Show one code at a time, since a phone's camera takes any that it sees. */
  nextCode() {
    const { words, codes } = this.data;
    const at = this.at("codes").hidden ? 0 : this.code + 1;
    this.shut();
    if (at >= codes.length) return;
    this.code = at;
    const { title, address, svg } = codes[at];
    this.at("pictures").replaceChildren();
    const figure = element("figure", "", this.at("pictures"));
    element("strong", "", figure, title);
    element("div", "", figure).innerHTML = svg; // made by our own server, of our own address
    element("span", "", figure, address);
    const next = codes[at + 1];
    this.offer("codes-end", [...(next ? [["q", `${words.next} ${next.title}`]] : []), ["Escape", words.close]]);
    this.show("codes", title);
  }

  shut() {
    this.answer = null;
    for (const part of ["help", "codes", "ask"]) this.at(part).hidden = true;
    this.cover(false);
    if (this.before instanceof HTMLElement) this.before.focus();
    this.before = null;
  }

  close() {
    super.close();
    removeEventListener("keydown", this.keys);
    clearTimeout(this.settling);
    this.bars.close();
  }
}

function enlarged(/** @type {Figure} */ { data, layout }) {
  return {
    data: data.map((trace) => ({ ...trace, textfont: { ...trace.textfont, size: TEXT + 10 } })),
    // Without a legend: the counts above name the phases.
    layout: { ...layout, margin: { l: 52, r: 8, t: 12, b: 46 }, showlegend: false },
  };
}

export default mount(Projector);
