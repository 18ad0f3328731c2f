// The bars of a recording on a canvas: a row per replica, grouped by node, time from left to right. A phase shows by
// its colour and by the height of its bar, so that nobody needs the colour.

import { resizeCanvas, theme } from "./dom.js";
import { groups, packed, placed, ticks } from "./layout.js";
import { clock } from "./texts.js";
import { SIGNS } from "./tiles.js";

/** @import { Recording } from "./recording.js" */
/** @import { Group, PlacedMark } from "./layout.js" */
/** @import { Bar, Phase } from "./types" */
/** @typedef {{ x0: number, x1: number, y0: number, y1: number, name: string, node: string, span: Bar["spans"][0] }} Hit */

/** @type {Partial<Record<Phase, string>>} */ const COLORS = {
  running: "#009E73",
  starting: "#E69F00",
  pending: "#CC79A7",
  stopping: "#56B4E9",
  failed: "#D55E00",
  lost: "#8C8C8C",
};
/** @type {Partial<Record<Phase, number>>} */
const HEIGHT = { running: 1, starting: 0.6, pending: 0.35, stopping: 0.6, failed: 1, lost: 0.35 };
/** @type {Record<string, string>} */
const GROUND = { drain: "rgba(230,159,0,.16)", pause: "rgba(86,180,233,.16)", down: "rgba(213,94,0,.2)" };
const HEAD = 22; // pixels, of a node's name
const AXIS = 24;
const ROWS = 440; // pixels that the rows together may take, before they grow thin
const NAMED = 9; // pixels, of a row that has room for its name
const THIN = 2; // pixels, of the thinnest row
const LINE = 17; // pixels, of a row of marks

export class Bars {
  /** @type {Hit[]} */ hits = []; // what is drawn where
  from = 0;
  to = 0;
  now = 0;
  width = 0;
  left = 0;
  right = 10;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(time: number) => void} chosen
   * @param {(hit: Hit | undefined) => void} pointed
   */
  constructor(canvas, chosen, pointed) {
    this.canvas = canvas;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.colors = theme(canvas);
    let pressed = false;
    const move = (/** @type {PointerEvent} */ event) => {
      const { left, top } = canvas.getBoundingClientRect();
      const [x, y] = [event.clientX - left, event.clientY - top];
      if (pressed) chosen(this.time(x));
      pointed(this.hits.find((hit) => x >= hit.x0 - 1 && x <= hit.x1 + 1 && y >= hit.y0 && y <= hit.y1));
    };
    canvas.onpointerdown = (event) => {
      pressed = true;
      canvas.setPointerCapture(event.pointerId);
      move(event);
    };
    canvas.onpointermove = move;
    canvas.onpointerup = canvas.onpointercancel = () => (pressed = false);
    canvas.onpointerleave = () => pointed(undefined);
  }

  time(/** @type {number} */ x) {
    const share = (x - this.left) / Math.max(1, this.width - this.left - this.right);
    return this.from + Math.min(1, Math.max(0, share)) * (this.to - this.from);
  }

  x(/** @type {number} */ time) {
    return this.left + ((time - this.from) / (this.to - this.from)) * (this.width - this.left - this.right);
  }

  /**
   * @param {Recording} recording
   * @param {number} from
   * @param {number} to
   * @param {number} cursor the instant that is chosen
   * @param {string} nowhere names the group of the tasks that wait for a node
   */
  draw(recording, from, to, cursor, nowhere) {
    const width = this.canvas.parentElement?.clientWidth;
    if (!width) return;
    Object.assign(this, { width, from, to, now: Math.min(to, recording.end), left: width < 560 ? 66 : 104 });
    this.colors = theme(this.canvas);
    const shown = groups(recording, from, to, nowhere);
    const rows = () => shown.reduce((sum, group) => sum + Math.max(1, group.rows.length), 0);
    if (rows() * NAMED > ROWS * 1.5) for (const group of shown) group.rows = packed(group.rows, to);
    const row = Math.max(THIN, Math.min(20, Math.floor(ROWS / rows())));
    this.pen.font = `13px ${this.colors.font}`;
    const marks = placed(
      recording.marks.filter((mark) => mark.time >= from && mark.time <= to),
      (time) => this.x(time),
      (text) => this.pen.measureText(text).width,
      width,
    );
    const top = 4 + LINE * Math.max(1, ...marks.map((mark) => mark.row + 1));
    const height = top + shown.length * HEAD + rows() * row + AXIS;
    this.canvas.style.height = `${height}px`;
    resizeCanvas(this.canvas, width, height);
    this.pen.clearRect(0, 0, width, height);
    this.pen.textBaseline = "middle";
    this.hits = [];
    const bottom = height - AXIS;
    this.drawAxis(top, bottom);
    let y = top;
    for (const group of shown) y = this.drawGroup(group, y, row);
    for (const silence of recording.silences) {
      this.rect(silence.from, silence.to ?? this.now, top, bottom - top, "rgba(140,140,140,.35)");
    }
    this.drawMarks(marks, top, bottom);
    if (cursor < from || cursor > to) return;
    const x = this.x(cursor);
    this.pen.fillStyle = this.colors.text;
    this.pen.fillRect(x - 1, top - 2, 2, bottom - top + 4);
    this.pen.beginPath();
    this.pen.arc(x, bottom + 3, 5, 0, 7);
    this.pen.fill();
  }

  /**
   * Write around a middle line.
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {string} font
   * @param {number} [most] pixels: a longer text is cut
   */
  write(text, x, y, font, most = Infinity, color = this.colors.text) {
    this.pen.font = `${font} ${this.colors.font}`;
    const wide = (/** @type {string} */ each) => this.pen.measureText(each).width > most;
    let cut = text;
    while (cut.length > 1 && wide(cut === text ? cut : `${cut}…`)) cut = cut.slice(0, -1);
    this.pen.fillStyle = color;
    this.pen.fillText(cut === text ? cut : `${cut}…`, x, y);
  }

  /**
   * A stretch of time in colour, as far as it is to be seen.
   * @param {number} from
   * @param {number} to
   * @param {number} y
   * @param {number} height
   * @param {string} color
   */
  rect(from, to, y, height, color) {
    const x0 = Math.max(this.left, this.x(from));
    const x1 = Math.min(this.width - this.right, this.x(to));
    if (x1 < x0 || to < this.from || from > this.to) return null;
    this.pen.fillStyle = color;
    this.pen.fillRect(x0, y, Math.max(1.5, x1 - x0), height);
    return { x0, x1 };
  }

  /** @param {Group} group @param {number} y @param {number} row its height @returns where the next group begins */
  drawGroup(group, y, row) {
    const height = HEAD + Math.max(1, group.rows.length) * row;
    const middle = y + HEAD / 2 + 1;
    this.pen.fillStyle = this.colors.grid;
    this.pen.fillRect(0, y, this.width, 1);
    this.write(group.name, 2, middle, "700 15px", this.left - 6);
    for (const span of group.spans) {
      const ground = GROUND[span.state];
      const drawn = ground && this.rect(span.from, span.to ?? this.now, y + 1, height - 1, ground);
      if (drawn && drawn.x1 - drawn.x0 >= 40) this.write(span.state, drawn.x0 + 5, middle, "700 13px");
    }
    const font = `${Math.min(13, row)}px`;
    group.rows.forEach(({ name, bars }, index) => {
      const top = y + HEAD + index * row;
      if (row >= NAMED) this.write(name, 2, top + row / 2, font, this.left - 8);
      for (const bar of bars) for (const span of bar.spans) this.drawSpan(group.name, bar.name, span, top, row);
    });
    return y + height;
  }

  /** @param {string} node @param {string} name @param {Bar["spans"][0]} span @param {number} y @param {number} row */
  drawSpan(node, name, span, y, row) {
    const full = row - (row > 5 ? 2 : 0.5);
    const high = full * (HEIGHT[span.phase] || 0.35);
    const color = COLORS[span.phase] || "#8C8C8C";
    const drawn = this.rect(span.from, span.to ?? this.now, y + (full - high) / 2, high, color);
    if (!drawn) return;
    this.hits.push({ ...drawn, y0: y, y1: y + row, name, node, span });
    if (span.phase !== "failed" || row < NAMED) return;
    this.write(SIGNS.failed, drawn.x0 + 2, y + full / 2, `${Math.min(13, row)}px`, Infinity, "#111");
  }

  drawAxis(/** @type {number} */ top, /** @type {number} */ bottom) {
    const most = Math.max(2, Math.floor((this.width - this.left) / 90));
    this.pen.font = `13px ${this.colors.font}`;
    for (const time of ticks(this.from, this.to, most)) {
      const x = this.x(time);
      this.pen.fillStyle = this.colors.grid;
      this.pen.globalAlpha = 0.6;
      this.pen.fillRect(x, top, 1, bottom - top);
      this.pen.globalAlpha = 1;
      const half = this.pen.measureText(clock(time)).width / 2;
      this.write(clock(time), Math.min(x - half, this.width - 2 * half - 2), bottom + AXIS / 2 + 2, "13px");
    }
  }

  /** @param {PlacedMark[]} marks @param {number} top @param {number} bottom */
  drawMarks(marks, top, bottom) {
    const { pen } = this;
    for (const { x, row } of marks) {
      pen.strokeStyle = this.colors.text;
      pen.globalAlpha = 0.65;
      pen.setLineDash([3, 3]);
      pen.beginPath();
      pen.moveTo(x, row < 0 ? top : top - (row + 1) * LINE);
      pen.lineTo(x, bottom);
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
    }
    pen.font = `13px ${this.colors.font}`;
    for (const { text, left, row } of marks) {
      if (row < 0) continue;
      const middle = top - (row + 0.5) * LINE;
      pen.clearRect(left - 1, middle - LINE / 2, pen.measureText(text).width + 2, LINE); // no line through a text
      this.write(text, left, middle, "13px");
    }
  }
}
