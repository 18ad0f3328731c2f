// Where the bars of a recording, the marks and the ticks of the time axis go.

import { compare } from "./recording.js";

/** @import { Recording } from "./recording.js" */
/** @import { Bar, Mark, RecordedNode, Span } from "./types" */
/** @typedef {{ name: string, bars: Bar[] }} Row */
/** @typedef {{ name: string, spans: RecordedNode["spans"], rows: Row[] }} Group of a node */
/** @typedef {Mark & { x: number, row: number, left: number }} PlacedMark row: -1 where the text has no room */

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]; // seconds
export const MARK_ROWS = 3;
export const MARK_TEXT = 12; // pixels
const GAP = 4; // pixels, between a line and its text
const LONG_WAIT = 2; // seconds without a node

/**
 * The rows that have something to show between two instants, by node.
 * @param {Recording} recording
 * @param {number} from
 * @param {number} to
 * @param {string} nowhere names the group of the tasks that wait for a node
 * @returns {Group[]}
 */
export function groups(recording, from, to, nowhere) {
  const seen = (/** @type {Span} */ span) => span.from <= to && (span.to ?? to) >= from;
  /** @type {Map<string, Row & Bar & { service: string }>} */ const rows = new Map();
  for (const bar of recording.bars.values()) {
    if (!bar.spans.some(seen)) continue;
    const key = `${bar.node} ${bar.name}`;
    const service = recording.services.get(bar.service) || "";
    const row = rows.get(key) || { ...bar, service, bars: [] };
    rows.set(key, row);
    row.bars.push(bar);
  }
  const sorted = [...rows.values()].sort(
    (a, b) => compare(a.service, b.service) || a.slot - b.slot || compare(a.name, b.name),
  );
  /** @type {Group[]} */ const found = [...recording.nodes]
    .filter(([, { spans }]) => spans.some((span) => span.state !== "gone" && seen(span)))
    .map(([id, { name, spans }]) => ({ name, spans, rows: sorted.filter((row) => row.node === id) }));
  // Every task waits for a moment: only a longer wait is worth a row.
  const waited = (/** @type {Span} */ span) => (span.to ?? to) - span.from > LONG_WAIT;
  const waiting = sorted.filter((row) => !row.node && row.bars.some((bar) => bar.spans.some(waited)));
  if (waiting.length) found.push({ name: nowhere, spans: [], rows: waiting });
  return found;
}

/**
 * Fewer rows, without names: each bar takes the first row that is free.
 * @param {Row[]} rows
 * @param {number} now
 * @returns {Row[]}
 */
export function packed(rows, now) {
  const bars = rows
    .flatMap((row) => row.bars)
    .filter((bar) => bar.spans.length)
    .sort((a, b) => a.spans[0].from - b.spans[0].from || a.slot - b.slot);
  /** @type {(Row & { end: number })[]} */ const lanes = [];
  for (const bar of bars) {
    let lane = lanes.find((each) => each.end <= bar.spans[0].from);
    if (!lane) lanes.push((lane = { name: "", bars: [], end: 0 }));
    lane.bars.push(bar);
    lane.end = bar.spans.at(-1)?.to ?? now + 1;
  }
  return lanes;
}

/**
 * Each mark's text goes beside its own line, into the lowest of the rows above the lines where it covers no other
 * text, and no line on its way to a higher row. The newest find their places first.
 * @param {Mark[]} marks by time
 * @param {(time: number) => number} x
 * @param {(text: string) => number} measure the width of a text
 * @param {number} width of all
 * @returns {PlacedMark[]}
 */
export function placed(marks, x, measure, width) {
  /** @type {number[]} */ const free = []; // by row, where the free part ends
  const found = marks.toReversed().map((mark) => {
    const at = x(mark.time);
    const wide = measure(mark.text);
    const right = at + GAP + wide <= width;
    const left = right ? at + GAP : Math.max(0, at - GAP - wide);
    const taken = free.findLastIndex((end) => left + wide + 2 * GAP > end);
    const row = taken + 1 < MARK_ROWS ? taken + 1 : -1;
    if (row >= 0) free[row] = right ? at : left;
    return { ...mark, x: at, left, row };
  });
  return found.reverse();
}

const ROW = 15; // pixels, of a row of texts above a chart
export const MARK_ROOM = MARK_ROWS * ROW + 4;

/**
 * The shapes and annotations of a Plotly layout for marks: a line through the chart at the time of each change, and
 * the texts in rows above it, each at the foot of its own line.
 * @param {{ lines: number[], marks: Mark[] }} told times as on the axis
 * @param {(time: number) => number} x pixels from the left end of the axis
 * @param {(text: string) => number} measure
 * @param {number} width of the axis
 */
export function markings({ lines, marks }, x, measure, width) {
  const line = { width: 1, dash: "dot", color: "#8C8C8C" };
  const told = placed(marks, x, measure, width).filter(({ row }) => row >= 0);
  return {
    shapes: [
      ...lines.map((at) => ({ type: "line", x0: at, x1: at, yref: "paper", y0: 0, y1: 1, line })),
      ...told.map(({ time: at, row }) => {
        const above = { yref: "paper", ysizemode: "pixel", yanchor: 1, y0: 0, y1: (row + 1) * ROW };
        return { type: "line", x0: at, x1: at, ...above, line };
      }),
    ],
    annotations: told.map(({ time, text, x: at, left, row }) => ({
      ...{ x: time, xanchor: "left", xshift: left - at, y: 1, yref: "paper", yanchor: "bottom", yshift: row * ROW },
      ...{ text, showarrow: false, font: { size: MARK_TEXT }, borderpad: 0 },
    })),
  };
}

const SIZES = [1, 0.85, 0.72]; // of the axis's text, before names are shortened
const MANY = 12; // bars: of more, some go without a name
const PLAIN = /^\S+( \(|$)/; // a node's name; "no node" is none

/**
 * The names below bars, side by side: smaller where they are many, then without what all nodes' names begin with,
 * then cut, or not all of them.
 * @param {string[]} names
 * @param {number} room pixels, of each
 * @param {number} size of the text
 * @param {(text: string, size: number) => number} measure
 * @returns {{ size: number, texts: string[] }}
 */
export function barNames(names, room, size, measure) {
  const nodes = names.filter((name) => PLAIN.test(name));
  const shared = nodes.length > 1 ? beginning(nodes) : 0;
  const ends = names.map((name) => (PLAIN.test(name) && name.slice(shared)) || name);
  for (const texts of [names, ends]) {
    for (const share of SIZES) {
      const fits = texts.every((text) => measure(text, share * size) <= room);
      if (fits) return { size: share * size, texts };
    }
  }
  const small = SIZES[SIZES.length - 1] * size;
  if (names.length > MANY) {
    const texts = ends.map((text) => (PLAIN.test(text) ? text : "?")); // the sign of what waits for a node
    const each = Math.ceil(Math.max(...texts.map((text) => measure(text, small))) / room);
    return { size: small, texts: texts.map((text, index) => (index % each ? "" : text)) };
  }
  return { size: small, texts: ends.map((text) => cut(text, (each) => measure(each, small) <= room)) };
}

/** How many letters all of these begin with; a number is not taken apart. @param {string[]} names */
function beginning(names) {
  const [first] = names;
  let count = 0;
  while (count < first.length && names.every((name) => name[count] === first[count])) count += 1;
  return first.slice(0, count).replace(/\d+$/, "").length;
}

/** As much of a text as fits. @param {string} text @param {(text: string) => boolean} fits */
function cut(text, fits) {
  let shown = text;
  while (shown.length > 1 && !fits(shown === text ? text : `${shown}…`)) shown = shown.slice(0, -1);
  return shown === text ? text : `${shown}…`;
}

/**
 * Round times of day between two instants.
 * @param {number} from seconds since the epoch
 * @param {number} to
 * @param {number} most how many fit
 */
export function ticks(from, to, most) {
  const step = STEPS.find((each) => (to - from) / each <= most) || 7200;
  const zone = new Date(from * 1000).getTimezoneOffset() * 60;
  const times = [];
  for (let t = Math.ceil((from - zone) / step) * step + zone; t <= to; t += step) times.push(t);
  return times;
}
