// Requests as dots: from the node that takes one in to the replica that answers it. Nodes are rows,
// each with its way in at the left and its replicas at the right. Boxes change in place; the dots
// are on a canvas above them, and are samples when there are many: the numbers are exact.

import { SIGNS } from "./tiles.js";

const FLIGHT_MS = 550;
const FADE_MS = 500;
const MOST_DOTS = 120;
const FAILED = "#d55e00";
const still = matchMedia("(prefers-reduced-motion: reduce)");

function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
}

// A number as its language writes it; nothing is a dash.
export function number(value, language, places = 0) {
  if (value === null) return "–";
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  return value.toLocaleString(language, digits);
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// The children of `parent`, one for each item in order; those of known ids stay the same element.
export function keep(parent, known, items, make) {
  const wanted = new Set(items.map((item) => item.id));
  for (const [id, child] of known) {
    if (!wanted.has(id)) {
      child.remove();
      known.delete(id);
    }
  }
  return items.map((item, index) => {
    let child = known.get(item.id);
    if (!child) known.set(item.id, (child = make()));
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] || null);
    return [child, item];
  });
}

export class Flow {
  constructor(parent) {
    this.root = element("div", "essaim-flow", parent);
    this.rows = element("div", "essaim-flow-rows", this.root);
    this.canvas = element("canvas", "essaim-flow-dots", this.root);
    this.canvas.setAttribute("aria-hidden", "true");
    this.nodes = new Map();
    this.dots = [];
    this.seen = 0;
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(this.root);
  }

  draw(cluster, run, { words, language }) {
    if (run.run !== this.run) {
      this.run = run.run;
      this.seen = 0;
      this.dots = [];
    }
    const entries = new Map(run.entries.map((entry) => [entry.node, entry.count]));
    let boxes = 0;
    for (const [row, node] of keep(this.rows, this.nodes, cluster.nodes, () => this.makeRow())) {
      const tiles = node.tiles.filter((tile) => tile.service === run.service);
      boxes += tiles.length;
      row.style.setProperty("--node", run.colors[node.name] || "#8c8c8c");
      row.dataset.state = node.state !== "ready" ? "down" : node.availability;
      row.gate.dataset.used = String(entries.has(node.name));
      setText(row.gateName, node.name);
      setText(
        row.gateFacts,
        node.state !== "ready" ? node.state : node.availability === "active" ? "" : node.availability,
      );
      setText(row.gateCount, entries.has(node.name) ? number(entries.get(node.name), language) : "");
      row.dataset.name = node.name;
      for (const [box, tile] of keep(row.boxes, row.known, tiles, () => this.makeBox(row))) {
        box.dataset.phase = tile.phase;
        box.dataset.task = tile.id;
        setText(box.sign, SIGNS[tile.phase]);
        setText(box.label, this.dense ? tile.label : tile.name);
        setText(box.count, number(run.tasks[tile.id] || 0, language));
        box.title = `${tile.name} · ${node.name} · ${tile.state}`;
      }
      setText(row.none, tiles.length ? "" : words.empty);
    }
    this.dense = boxes > 24;
    this.root.dataset.dense = String(this.dense);
    this.measure();
    this.launch(run);
  }

  makeRow() {
    const row = element("section", "essaim-flow-row", this.rows);
    row.gate = element("div", "essaim-flow-gate", row);
    row.gateName = element("strong", "", row.gate);
    row.gateFacts = element("span", "essaim-flow-facts", row.gate);
    row.gateCount = element("span", "essaim-flow-count", row.gate);
    row.room = element("div", "essaim-flow-room", row);
    row.boxes = element("div", "essaim-flow-boxes", row);
    row.none = element("div", "essaim-flow-none", row);
    row.known = new Map();
    return row;
  }

  makeBox(row) {
    const box = element("div", "essaim-flow-box", row.boxes);
    box.sign = element("span", "essaim-flow-sign", box);
    box.label = element("span", "essaim-flow-label", box);
    box.count = element("span", "essaim-flow-answered", box);
    return box;
  }

  // Where each way in and each replica is, so that a frame need not ask the layout.
  measure() {
    const frame = this.root.getBoundingClientRect();
    if (!frame.width) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(frame.width * ratio), Math.round(frame.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.ratio = ratio;
    this.gates = new Map();
    this.boxes = new Map();
    for (const row of this.nodes.values()) {
      const gate = row.gate.getBoundingClientRect();
      this.gates.set(row.dataset.name, {
        x: gate.right - frame.left,
        y: gate.top + gate.height / 2 - frame.top,
        gate: row.gate,
      });
      const color = row.style.getPropertyValue("--node");
      for (const box of row.known.values()) {
        const place = box.getBoundingClientRect();
        this.boxes.set(box.dataset.task, {
          x: place.left - frame.left + Math.min(14, place.width / 2),
          y: place.top + place.height / 2 - frame.top,
          box,
          color,
        });
      }
    }
  }

  launch(run) {
    const fresh = run.dots.filter((dot) => dot[0] > this.seen);
    if (!fresh.length) return;
    const late = this.seen === 0 && run.dots.length > 20; // a newcomer is not shown the past
    this.seen = fresh[fresh.length - 1][0];
    if (late || document.hidden) return;
    const now = performance.now();
    fresh.forEach(([, entry, task, outcome], index) => {
      const from = this.gates?.get(entry);
      const to = this.boxes?.get(task);
      if (!from || this.dots.length >= MOST_DOTS) return;
      // Those of one message left one after the other.
      const dot = { from, to, failed: outcome === "failed", start: now + (index * 100) / fresh.length };
      if (still.matches) this.land(dot);
      else this.dots.push(dot);
    });
    if (this.dots.length && !this.frame) this.frame = requestAnimationFrame((time) => this.paint(time));
  }

  land(dot) {
    const target = dot.to?.box || (dot.failed ? dot.from.gate : null);
    if (!target) return;
    target.dataset.hit = dot.failed ? "failed" : "answered";
    clearTimeout(target.unhit);
    target.unhit = setTimeout(() => {
      delete target.dataset.hit;
    }, 160);
  }

  paint(time) {
    const pen = this.canvas.getContext("2d");
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.dots = this.dots.filter((dot) => this.paintDot(pen, dot, time));
    this.frame = this.dots.length ? requestAnimationFrame((next) => this.paint(next)) : null;
  }

  // Whether it is still to be seen.
  paintDot(pen, dot, time) {
    const part = (time - dot.start) / FLIGHT_MS;
    if (part < 0) return true;
    // What failed by itself stops at once; an error that a replica gave goes all the way to it.
    const to = dot.to || { x: dot.from.x + (dot.failed ? 46 : 80), y: dot.from.y };
    const way = Math.min(1, part);
    const ease = way < 0.5 ? 2 * way * way : 1 - (2 - 2 * way) ** 2 / 2;
    const x = dot.from.x + (to.x - dot.from.x) * way;
    const y = dot.from.y + (to.y - dot.from.y) * ease;
    if (part >= 1) {
      if (!dot.landed) this.land(dot);
      dot.landed = true;
      const fade = 1 - ((part - 1) * FLIGHT_MS) / FADE_MS;
      if (fade <= 0 || !dot.failed) return false;
      pen.globalAlpha = fade;
      this.mark(pen, "✕", x, y, FAILED);
      pen.globalAlpha = 1;
      return true;
    }
    if (!dot.failed && !dot.to) return (this.mark(pen, "?", x, y, "#8c8c8c"), true);
    pen.beginPath();
    pen.arc(x, y, 5.5, 0, 2 * Math.PI);
    pen.fillStyle = dot.failed ? FAILED : dot.to.color;
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = "rgba(255,255,255,.85)";
    pen.stroke();
    return true;
  }

  mark(pen, sign, x, y, color) {
    pen.fillStyle = color;
    pen.font = "bold 18px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(sign, x, y);
  }

  close() {
    this.resize.disconnect();
    if (this.frame) cancelAnimationFrame(this.frame);
  }
}
