// The bars of a recording on a canvas: a row per replica, grouped by node, time from left to right.
// A phase is told by its colour and by how high its bar stands, so that no colour is needed.

import { theme } from "./charts.js";
import { compare } from "./record.js";
import { SIGNS } from "./tiles.js";

const COLORS = {
  running: "#009E73",
  starting: "#E69F00",
  pending: "#CC79A7",
  stopping: "#56B4E9",
  failed: "#D55E00",
  lost: "#8C8C8C",
};
const HEIGHT = { running: 1, starting: 0.6, pending: 0.35, stopping: 0.6, failed: 1, lost: 0.35 };
const GROUND = { drain: "rgba(230,159,0,.16)", pause: "rgba(86,180,233,.16)", down: "rgba(213,94,0,.2)" };
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const HEAD = 22; // pixels, of a node's name
const AXIS = 24;
const ROOM = 440; // pixels that the rows together may take, before they grow thin
const NAMED = 9; // pixels, of a row that has room for its name
const THIN = 2; // pixels, of the thinnest row
const MARK_ROWS = 3;
const LONG_WAIT = 2; // seconds without a node

export class Bars {
  constructor(canvas, words, chosen, pointed) {
    this.canvas = canvas;
    this.words = words;
    this.pointed = pointed;
    this.hits = [];
    let pressed = false;
    const move = (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      const x = event.clientX - left,
        y = event.clientY - top;
      if (pressed) chosen(this.time(x));
      this.pointed(this.hits.find((hit) => x >= hit.x0 - 1 && x <= hit.x1 + 1 && y >= hit.y0 && y <= hit.y1));
    };
    canvas.onpointerdown = (event) => {
      pressed = true;
      canvas.setPointerCapture(event.pointerId);
      move(event);
    };
    canvas.onpointermove = move;
    canvas.onpointerup = canvas.onpointercancel = () => {
      pressed = false;
    };
    canvas.onpointerleave = () => this.pointed(undefined);
  }

  time(x) {
    const share = (x - this.left) / Math.max(1, this.width - this.left - this.right);
    return this.from + Math.min(1, Math.max(0, share)) * (this.to - this.from);
  }

  x(time) {
    return this.left + ((time - this.from) / (this.to - this.from)) * (this.width - this.left - this.right);
  }

  // The rows that have something to show between two instants, by node.
  groups(recording, from, to) {
    const rows = new Map();
    for (const bar of recording.bars.values()) {
      if (!bar.spans.some((span) => span.from <= to && (span.to ?? to) >= from)) continue;
      const key = `${bar.node} ${bar.name}`;
      if (!rows.has(key)) rows.set(key, { ...bar, service: recording.services.get(bar.service) || "", bars: [] });
      rows.get(key).bars.push(bar);
    }
    const sorted = [...rows.values()].sort(
      (a, b) => compare(a.service, b.service) || a.slot - b.slot || compare(a.name, b.name),
    );
    const groups = [...recording.nodes]
      .filter(([, node]) =>
        node.spans.some((span) => span.state !== "gone" && span.from <= to && (span.to ?? to) >= from),
      )
      .map(([id, node]) => ({ node, name: node.name, rows: sorted.filter((row) => row.node === id) }));
    // Every task waits for a moment; only one that waits longer has a tale to tell.
    const waited = (row) => row.bars.some((bar) => bar.spans.some((span) => (span.to ?? to) - span.from > LONG_WAIT));
    const nowhere = sorted.filter((row) => !row.node && waited(row));
    if (nowhere.length) groups.push({ node: { spans: [] }, name: this.words.nowhere, rows: nowhere });
    return groups;
  }

  draw(recording, from, to, cursor) {
    const { canvas } = this;
    const width = canvas.parentElement.clientWidth;
    if (!width) return;
    const narrow = width < 560;
    Object.assign(this, { width, from, to, now: Math.min(to, recording.end), left: narrow ? 66 : 104, right: 10 });
    const colors = theme(canvas);
    const groups = this.groups(recording, from, to);
    const rows = () => groups.reduce((sum, group) => sum + Math.max(1, group.rows.length), 0);
    if (rows() * NAMED > ROOM * 1.5) for (const group of groups) group.rows = packed(group.rows, to);
    const count = rows();
    const row = Math.max(THIN, Math.min(20, Math.floor(ROOM / count)));
    const context = canvas.getContext("2d");
    context.font = `13px ${colors.font}`;
    const marks = this.placed(
      context,
      recording.marks.filter((mark) => mark.time >= from && mark.time <= to),
    );
    const top = 4 + 17 * Math.max(1, ...marks.map((mark) => mark.row + 1));
    const height = top + groups.length * HEAD + count * row + AXIS;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.height = `${height}px`;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.textBaseline = "middle";
    this.hits = [];
    const bottom = height - AXIS;
    this.drawAxis(context, colors, top, bottom);
    let y = top;
    for (const group of groups) y = this.drawGroup(context, colors, group, y, row);
    for (const silence of recording.silences) {
      this.rect(context, silence.from, silence.to ?? this.now, top, bottom - top, "rgba(140,140,140,.35)");
    }
    this.drawMarks(context, colors, marks, top, bottom);
    if (cursor >= from && cursor <= to) {
      const x = this.x(cursor);
      context.fillStyle = colors.text;
      context.fillRect(x - 1, top - 2, 2, bottom - top + 4);
      context.beginPath();
      context.arc(x, bottom + 3, 5, 0, 7);
      context.fill();
    }
  }

  rect(context, from, to, y, height, color) {
    const x0 = Math.max(this.left, this.x(from)),
      x1 = Math.min(this.width - this.right, this.x(to));
    if (x1 < x0 || to < this.from || from > this.to) return null;
    context.fillStyle = color;
    context.fillRect(x0, y, Math.max(1.5, x1 - x0), height);
    return { x0, x1 };
  }

  drawGroup(context, colors, group, y, row) {
    const height = HEAD + Math.max(1, group.rows.length) * row;
    context.fillStyle = colors.grid;
    context.fillRect(0, y, this.width, 1);
    context.font = `700 15px ${colors.font}`;
    context.fillStyle = colors.text;
    context.fillText(this.fit(context, group.name, this.left - 6), 2, y + HEAD / 2 + 1);
    for (const span of group.node.spans) {
      const ground = GROUND[span.state];
      const drawn = ground && this.rect(context, span.from, span.to ?? this.now, y + 1, height - 1, ground);
      if (!drawn || drawn.x1 - drawn.x0 < 40) continue;
      context.font = `700 13px ${colors.font}`;
      context.fillStyle = colors.text;
      context.fillText(span.state, drawn.x0 + 5, y + HEAD / 2 + 1);
    }
    y += HEAD;
    context.font = `${Math.min(13, row)}px ${colors.font}`;
    for (const { name, bars } of group.rows) {
      if (row >= NAMED) {
        context.fillStyle = colors.text;
        context.fillText(this.fit(context, name, this.left - 8), 2, y + row / 2);
      }
      for (const bar of bars) for (const span of bar.spans) this.drawSpan(context, group, bar.name, span, y, row);
      y += row;
    }
    return group.rows.length ? y : y + row;
  }

  drawSpan(context, group, name, span, y, row) {
    const to = span.to ?? this.now;
    const full = row - (row > 5 ? 2 : 0.5);
    const high = full * (HEIGHT[span.phase] || 0.35);
    const drawn = this.rect(context, span.from, to, y + (full - high) / 2, high, COLORS[span.phase] || COLORS.lost);
    if (!drawn) return;
    this.hits.push({ ...drawn, y0: y, y1: y + row, name, node: group.name, span });
    if (span.phase === "failed" && row >= NAMED) {
      context.fillStyle = "#111";
      context.fillText(SIGNS.failed, drawn.x0 + 2, y + full / 2);
    }
  }

  drawAxis(context, colors, top, bottom) {
    const room = Math.max(2, Math.floor((this.width - this.left) / 90));
    const step = STEPS.find((each) => (this.to - this.from) / each <= room) || 7200;
    const zone = new Date(this.from * 1000).getTimezoneOffset() * 60;
    context.font = `13px ${colors.font}`;
    for (let t = Math.ceil((this.from - zone) / step) * step + zone; t <= this.to; t += step) {
      const x = this.x(t);
      context.fillStyle = colors.grid;
      context.globalAlpha = 0.6;
      context.fillRect(x, top, 1, bottom - top);
      context.globalAlpha = 1;
      context.fillStyle = colors.text;
      const text = clock(t);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(x - half, this.width - 2 * half - 2), bottom + AXIS / 2 + 2);
    }
  }

  // Where the marks' texts go: the first row where they cover no other.
  placed(context, marks) {
    const ends = [];
    return marks.map((mark) => {
      const x = this.x(mark.time),
        wide = context.measureText(mark.text).width;
      const left = Math.max(0, Math.min(x + 4, this.width - wide - 2));
      let row = ends.findIndex((end) => end < left);
      if (row < 0) row = ends.length;
      if (row >= MARK_ROWS) return { ...mark, x, row: -1 };
      ends[row] = left + wide + 10;
      return { ...mark, x, left, row };
    });
  }

  drawMarks(context, colors, marks, top, bottom) {
    context.font = `13px ${colors.font}`;
    for (const mark of marks) {
      context.strokeStyle = colors.text;
      context.globalAlpha = 0.65;
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(mark.x, mark.row < 0 ? top : 4 + mark.row * 17);
      context.lineTo(mark.x, bottom);
      context.stroke();
      context.setLineDash([]);
      context.globalAlpha = 1;
      context.fillStyle = colors.text;
      if (mark.row >= 0) context.fillText(mark.text, mark.left, 11 + mark.row * 17);
    }
  }

  fit(context, text, room) {
    if (context.measureText(text).width <= room) return text;
    let cut = text;
    while (cut.length > 1 && context.measureText(`${cut}…`).width > room) cut = cut.slice(0, -1);
    return `${cut}…`;
  }
}

// Rows without names need not be one replica each: a bar takes the first row that is free.
function packed(rows, now) {
  const bars = rows
    .flatMap((row) => row.bars)
    .filter((bar) => bar.spans.length)
    .sort((a, b) => a.spans[0].from - b.spans[0].from || a.slot - b.slot);
  const lanes = [];
  for (const bar of bars) {
    let lane = lanes.find((each) => each.end <= bar.spans[0].from);
    if (!lane) lanes.push((lane = { name: "", bars: [] }));
    lane.bars.push(bar);
    lane.end = bar.spans.at(-1).to ?? now + 1;
  }
  return lanes;
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB");
}
