// The projector's page: the live cluster in large type, led by keys. It draws what the server pushes;
// what a key asks for goes to the page's script, which knows the rights.

import { Chart } from "./charts.js";
import { Keyboard } from "./keyboard.js";
import { element } from "./parts.js";
import { mount } from "./socket.js";
import { SIGNS, Tiles } from "./tiles.js";

const TEXT = Math.round(Math.max(18, innerWidth / 55)); // pixels, in the chart
const SETTLE_MS = 350; // + pressed five times asks once, for five more
const PATIENCE_MS = 4000; // how long a wish stands before the cluster has taken it up

class Projector {
  constructor(component) {
    const { data, parentElement } = component;
    this.at = (name) => parentElement.querySelector(`[data-part="${name}"]`);
    this.component = component;
    this.chosen = "";
    this.tiles = new Tiles(this.at("nodes"), data.words, () => {});
    this.tiles.may = false;
    this.bars = new Chart(this.at("bars"), `${location.origin}${data.files}/plotly.min.js`, TEXT);
    this.keyboard = new Keyboard(() => {
      this.name();
      if (this.cluster) this.draw();
    });
    this.keys = (event) => this.press(event);
    addEventListener("keydown", this.keys);
    this.update(component);
  }

  update(component) {
    this.component = component;
    const { words, last } = component.data;
    this.tiles.words = words;
    this.at("bars-title").textContent = words.bars;
    this.name();
    this.at("line").textContent = last.error ? `✕ ${last.error}` : last.line && `$ ${last.line}`;
    this.at("line").dataset.refused = String(Boolean(last.error));
    if (this.cluster) this.draw();
  }

  link() {}

  receive(message) {
    if (message.topic !== "cluster") return;
    this.cluster = message;
    this.draw();
  }

  // What may be steered: not the dashboard itself.
  get services() {
    return this.cluster.services.filter((service) => !service.dashboard);
  }

  get service() {
    const { services } = this;
    return (
      services.find((service) => service.id === this.chosen) ||
      services.find((service) => service.name === "web") ||
      services[0]
    );
  }

  // The replicas that the viewer wants: what was asked for, until the cluster has taken it up.
  get wanted() {
    const { service, wish } = this;
    if (wish && (wish.service !== service.id || Date.now() > wish.until)) this.wish = null;
    return this.wish ? this.wish.replicas : service.replicas;
  }

  draw() {
    const { cluster, service } = this;
    const one = cluster.services.length > 1 && service ? service.id : "";
    this.tiles.draw(cluster, one);
    cluster.nodes.forEach((node, index) => {
      const head = this.tiles.columns.get(node.id)?.querySelector("header");
      if (head) head.dataset.key = index < 9 ? this.keyboard.label(String(index + 1)) : "";
    });
    this.bars.draw(enlarged(cluster.figures[one]));
    this.drawTitle();
  }

  drawTitle() {
    const { service } = this;
    const { words } = this.component.data;
    this.at("service").textContent = service ? service.name : words.none;
    if (this.alone !== !service) this.name();
    this.at("share").dataset.job = String(Boolean(service?.job));
    this.at("share").textContent = !service
      ? ""
      : service.job || `${service.running}/${service.replicas === null ? service.desired : this.wanted}`;
    const tiles = [...this.cluster.nodes.flatMap((node) => node.tiles), ...this.cluster.unplaced].filter(
      (tile) => service && tile.service === service.id,
    );
    this.at("phases").replaceChildren(
      ...Object.keys(SIGNS).flatMap((phase) => {
        const count = tiles.filter((tile) => tile.phase === phase).length;
        if (!count) return [];
        const part = document.createElement("span");
        part.dataset.phase = phase;
        part.textContent = `${SIGNS[phase]} ${count} ${this.component.data.words[`phase_${phase}`]}`;
        return [part];
      }),
    );
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.cluster) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable=true]")) return;
    const key = this.keyboard.read(event);
    const act = this.answer ? this.answering(key) : this.action(key);
    if (!act) return;
    event.preventDefault();
    act();
  }

  // While something is asked, only the answer counts.
  answering(key) {
    if (key === "Enter")
      return () => {
        const yes = this.answer;
        this.shut();
        yes();
      };
    if (key === "Escape" || key === "n") return () => this.shut();
    return null;
  }

  action(key) {
    const {
      services,
      cluster: { nodes },
    } = this;
    const step = { "+": 1, ArrowUp: 1, "-": -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[key];
    if (step) return () => this.scale(step);
    if (/^\d$/.test(key)) return nodes[key - 1] && (() => this.turn(nodes[key - 1]));
    const turn = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (turn && services.length)
      return () => {
        const at = services.findIndex((service) => service.id === this.service.id);
        this.chosen = services[(at + turn + services.length) % services.length].id;
        this.draw();
      };
    return {
      "?": () => this.open("help"),
      c: services.length ? null : () => this.create(),
      q: () => this.nextCode(),
      r: () => this.rebalance(),
      f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
      v: () => this.send({ kind: "leave", page: "vote" }),
      h: () => this.send({ kind: "leave", page: "cluster" }),
      Escape: () => this.shut(),
    }[key];
  }

  create() {
    if (this.allowed()) this.send({ kind: "create" });
  }

  scale(step) {
    const { service } = this;
    if (!service || service.replicas === null || !this.allowed()) return;
    const replicas = Math.max(0, this.wanted + step);
    const ask = () => {
      this.wish = { service: service.id, replicas, until: Date.now() + PATIENCE_MS };
      this.drawTitle();
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.send({ kind: "scale", service: service.id, replicas }), SETTLE_MS);
    };
    if (replicas || !this.wanted) ask();
    else this.ask("to_zero", { service: service.name }, ask);
  }

  // A node that takes tasks is drained, any other takes tasks again.
  turn(node) {
    if (!this.allowed()) return;
    if (node.availability !== "active") {
      this.send({ kind: "availability", node: node.id, availability: "active" });
      return;
    }
    const count = node.tiles.filter((tile) => tile.phase === "running").length;
    const [word, warning] = [node.drain_warning ? "to_drain_anyway" : "to_drain", node.drain_warning];
    this.ask(word, { node: node.name, count, warning }, () =>
      this.send({ kind: "availability", node: node.id, availability: "drain" }),
    );
  }

  rebalance() {
    const { service } = this;
    if (!service || !this.allowed()) return;
    this.ask("to_rebalance", { service: service.name }, () => this.send({ kind: "rebalance", service: service.id }));
  }

  allowed() {
    const { may, words } = this.component.data;
    if (!may) this.show("ask", words.locked);
    return may;
  }

  ask(word, fields, then) {
    const { words } = this.component.data;
    const text = words[word].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
    this.show("ask", text);
    this.answer = then;
    this.offer("answer", [
      ["Enter", words.yes],
      ["Escape", words.no],
    ]);
  }

  show(part, text) {
    this.open(part);
    this.at("question").textContent = text;
    this.offer("answer", [["Escape", this.component.data.words.close]]);
  }

  // The keys by their names, wherever they are shown: more of the keyboard is known, or the words.
  name() {
    const { words } = this.component.data;
    const label = (names) =>
      names
        .split(" ")
        .map((name) => this.keyboard.label(name))
        .filter(Boolean)
        .join("  ");
    this.alone = Boolean(this.cluster && !this.service);
    this.offer("hint", this.alone ? [["c", words.create], ...words.hint] : words.hint);
    this.at("keys").replaceChildren(
      ...words.keys.flatMap(([names, what]) => {
        const name = document.createElement("dt"),
          text = document.createElement("dd");
        name.textContent = label(names);
        text.textContent = what;
        return [name, text];
      }),
    );
    this.offer("keys-end", [["Escape", words.close]]);
  }

  // Buttons for who has no keyboard: each does what its key does, and names it.
  offer(part, keys) {
    this.at(part).replaceChildren(
      ...keys.map(([key, what]) => {
        const button = element("button", "");
        button.type = "button";
        const printed = key.length === 1 ? `${this.keyboard.label(key)} ` : "";
        button.textContent = `${printed}${what}`;
        button.onclick = () => (this.answer ? this.answering(key) : this.action(key))?.();
        return button;
      }),
    );
  }

  open(part) {
    const again = !this.at(part).hidden;
    this.shut();
    this.at(part).hidden = again;
  }

  // One code at a time: a phone's camera takes whichever it sees.
  nextCode() {
    const { words, codes } = this.component.data;
    const at = this.at("codes").hidden ? 0 : this.code + 1;
    this.shut();
    if (at >= codes.length) return;
    this.code = at;
    this.at("pictures").replaceChildren(
      ...codes.map(({ title, address, svg }, number) => {
        const figure = document.createElement("figure"),
          picture = document.createElement("div");
        const name = document.createElement("strong"),
          where = document.createElement("span");
        picture.innerHTML = svg; // made by our own server, of our own address
        name.textContent = title;
        where.textContent = address;
        figure.append(name, picture, where);
        figure.hidden = number !== at;
        return figure;
      }),
    );
    const next = codes[at + 1];
    this.offer("codes-end", [...(next ? [["q", `${words.next} ${next.title}`]] : []), ["Escape", words.close]]);
    this.at("codes").hidden = false;
  }

  shut() {
    this.answer = null;
    for (const part of ["help", "codes", "ask"]) this.at(part).hidden = true;
  }

  send(wish) {
    this.component.setTriggerValue("wish", wish);
  }

  close() {
    removeEventListener("keydown", this.keys);
    clearTimeout(this.settling);
    this.stop();
    this.bars.close();
  }
}

function enlarged(figure) {
  return {
    data: figure.data.map((trace) => ({ ...trace, textfont: { ...trace.textfont, size: TEXT + 10 } })),
    layout: {
      ...figure.layout,
      margin: { l: 52, r: 8, t: 12, b: 46 },
      showlegend: false, // the counts above name the phases
    },
  };
}

export default mount(Projector);
