// Requests as dots: from the node that takes one in to the replica that answers it. Nodes are rows, each with its way
// in at the left and its replicas at the right. The dots are on a canvas above them. When there are many requests the
// dots are samples; the numbers are always exact.

import { Children, element, resizeCanvas, setText } from "./dom.js";
import { number } from "./texts.js";
import { conditions, SIGNS } from "./tiles.js";

/** @import { Node, PageData, Picture, Tile, Traffic, Words } from "./types" */
/** @typedef {ReturnType<Flow["makeRow"]>} Row */
/** @typedef {{ x: number, y: number, root: HTMLElement }} Place */
/** @typedef {{ from: Place, to?: Place & { color: string }, failed: boolean, start: number, landed?: boolean }} Dot */
/** @typedef {CanvasRenderingContext2D} Pen */

const FLIGHT_MS = 550;
const FADE_MS = 500;
const HIT_MS = 160; // how long a replica shows that it answered
const MOST_DOTS = 120;
const FAILED = "#d55e00";
const UNKNOWN = "#8c8c8c";

export class Flow {
  /** @type {Dot[]} */ dots = [];
  seen = 0; // the number of the newest dot
  /** @type {string | null} */ run = null;
  dense = false;
  frame = 0; // of the animation; 0: none
  /** @type {Map<string, Place>} */ gates = new Map(); // by the node's name
  /** @type {Map<string, Place & { color: string }>} */ boxes = new Map(); // by the task's id
  /** @type {WeakMap<Element, ReturnType<typeof setTimeout>>} */ hits = new WeakMap();
  still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(/** @type {Element} */ parent) {
    this.root = element("div", "essaim-flow", parent);
    /** @type {Children<Node, Row>} */
    this.rows = new Children(element("div", "essaim-flow-rows", this.root), () => this.makeRow());
    this.canvas = element("canvas", "essaim-flow-dots", this.root);
    this.canvas.setAttribute("aria-hidden", "true");
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(this.root);
  }

  /** @param {Picture} cluster @param {Traffic} run @param {PageData & { words: Words }} data */
  draw(cluster, run, { words, language }) {
    if (run.run !== this.run) Object.assign(this, { run: run.run, seen: 0, dots: [] });
    const entries = new Map(run.entries.map((entry) => [entry.node, entry.count]));
    let boxes = 0;
    for (const [row, node] of this.rows.update(cluster.nodes)) {
      const tiles = node.tiles.filter((tile) => tile.service === run.service);
      const entered = entries.get(node.name);
      boxes += tiles.length;
      row.root.style.setProperty("--node", run.colors[node.name] || UNKNOWN);
      row.root.dataset.state = node.state !== "ready" ? "down" : node.availability;
      row.root.dataset.name = node.name;
      row.gate.dataset.used = String(entered !== undefined);
      setText(row.name, node.name);
      setText(row.facts, conditions(node)[0] || "");
      setText(row.count, entered === undefined ? "" : number(entered, language));
      for (const [box, tile] of row.boxes.update(tiles)) {
        box.root.dataset.phase = tile.phase;
        setText(box.sign, SIGNS[tile.phase]);
        setText(box.label, this.dense ? tile.label : tile.name);
        setText(box.answered, number(run.tasks[tile.id] || 0, language));
        box.root.title = `${tile.name} · ${node.name} · ${tile.state}`;
      }
      setText(row.none, tiles.length ? "" : words.empty);
    }
    this.dense = boxes > 24;
    this.root.dataset.dense = String(this.dense);
    this.measure();
    this.launch(run);
  }

  makeRow() {
    const root = element("section", "essaim-flow-row");
    const gate = element("div", "essaim-flow-gate", root);
    const room = element("div", "essaim-flow-boxes", root);
    return {
      root,
      gate,
      name: element("strong", "", gate),
      facts: element("span", "essaim-flow-facts", gate),
      count: element("span", "essaim-flow-count", gate),
      boxes: new Children(room, (/** @type {Tile} */ _tile) => {
        const box = element("div", "essaim-flow-box");
        const [sign, label, answered] = ["sign", "label", "answered"].map((part) =>
          element("span", `essaim-flow-${part}`, box),
        );
        return { root: box, sign, label, answered };
      }),
      none: element("div", "essaim-flow-none", root),
    };
  }

  /** Note where each way in and each replica is, so that a frame need not ask for the layout. */
  measure() {
    const frame = this.root.getBoundingClientRect();
    if (!frame.width) return;
    this.pen = resizeCanvas(this.canvas, frame.width, frame.height);
    this.gates.clear();
    this.boxes.clear();
    for (const { root, gate, boxes } of this.rows.views.values()) {
      const place = gate.getBoundingClientRect();
      const y = (/** @type {DOMRect} */ { top, height }) => top + height / 2 - frame.top;
      this.gates.set(root.dataset.name || "", { x: place.right - frame.left, y: y(place), root: gate });
      const color = root.style.getPropertyValue("--node");
      for (const [task, box] of boxes.views) {
        const at = box.root.getBoundingClientRect();
        const x = at.left - frame.left + Math.min(14, at.width / 2);
        this.boxes.set(String(task), { x, y: y(at), root: box.root, color });
      }
    }
  }

  launch(/** @type {Traffic} */ run) {
    const fresh = run.dots.filter(([dot]) => dot > this.seen);
    if (!fresh.length) return;
    const late = this.seen === 0 && run.dots.length > 20; // a newcomer is not shown the past
    this.seen = fresh[fresh.length - 1][0];
    if (late || document.hidden) return;
    const now = performance.now();
    fresh.forEach(([, entry, task, outcome], index) => {
      const from = this.gates.get(entry);
      if (!from || this.dots.length >= MOST_DOTS) return;
      // The dots of one message leave one after the other.
      const start = now + (index * 100) / fresh.length;
      const dot = { from, to: this.boxes.get(task), failed: outcome === "failed", start };
      if (this.still.matches) this.land(dot);
      else this.dots.push(dot);
    });
    if (this.dots.length) this.frame ||= requestAnimationFrame((time) => this.paint(time));
  }

  land(/** @type {Dot} */ { from, to, failed }) {
    const target = to?.root || (failed && from.root);
    if (!target) return;
    target.dataset.hit = failed ? "failed" : "answered";
    clearTimeout(this.hits.get(target));
    this.hits.set(
      target,
      setTimeout(() => delete target.dataset.hit, HIT_MS),
    );
  }

  paint(/** @type {number} */ time) {
    const { pen } = this;
    if (!pen) return;
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.dots = this.dots.filter((dot) => this.paintDot(pen, dot, time));
    this.frame = this.dots.length ? requestAnimationFrame((next) => this.paint(next)) : 0;
  }

  /** @param {Pen} pen @param {Dot} dot @param {number} time @returns whether it stays */
  paintDot(pen, dot, time) {
    const { from, failed } = dot;
    const part = (time - dot.start) / FLIGHT_MS;
    if (part < 0) return true;
    // A request that no replica took in stops at once; an error that a replica gave goes all the way to it.
    const to = dot.to || { x: from.x + (failed ? 46 : 80), y: from.y };
    const way = Math.min(1, part);
    const ease = way < 0.5 ? 2 * way * way : 1 - (2 - 2 * way) ** 2 / 2;
    const x = from.x + (to.x - from.x) * way;
    const y = from.y + (to.y - from.y) * ease;
    if (part >= 1) {
      if (!dot.landed) this.land(dot);
      dot.landed = true;
      const fade = 1 - ((part - 1) * FLIGHT_MS) / FADE_MS;
      if (fade <= 0 || !failed) return false;
      pen.globalAlpha = fade;
      write(pen, "✕", x, y, FAILED);
      pen.globalAlpha = 1;
    } else if (!failed && !dot.to) write(pen, "?", x, y, UNKNOWN);
    else {
      pen.beginPath();
      pen.arc(x, y, 5.5, 0, 2 * Math.PI);
      pen.fillStyle = failed || !dot.to ? FAILED : dot.to.color;
      pen.fill();
      pen.lineWidth = 1.5;
      pen.strokeStyle = "rgba(255,255,255,.85)";
      pen.stroke();
    }
    return true;
  }

  close() {
    this.resize.disconnect();
    cancelAnimationFrame(this.frame);
  }
}

/** @param {Pen} pen @param {string} sign @param {number} x @param {number} y @param {string} color */
function write(pen, sign, x, y, color) {
  pen.fillStyle = color;
  pen.font = "bold 18px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(sign, x, y);
}
