// Where the bars of a recording, the marks and the ticks of the time axis go.

import { compare } from "./recording.js";

/** @import { Recording } from "./recording.js" */
/** @import { Bar, Mark, RecordedNode, Span } from "./types" */
/** @typedef {{ name: string, bars: Bar[] }} Row */
/** @typedef {{ name: string, spans: RecordedNode["spans"], rows: Row[] }} Group of a node */
/** @typedef {Mark & { x: number, row: number, left: number }} PlacedMark row: -1 where the text has no room */

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]; // seconds
const MARK_ROWS = 3;
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
 * Each mark's text goes to the first row where it covers no other.
 * @param {Mark[]} marks
 * @param {(time: number) => number} x
 * @param {(text: string) => number} measure the width of a text
 * @param {number} width of all
 * @returns {PlacedMark[]}
 */
export function placed(marks, x, measure, width) {
  /** @type {number[]} */ const ends = [];
  return marks.map((mark) => {
    const at = x(mark.time);
    const wide = measure(mark.text);
    const left = Math.max(0, Math.min(at + 4, width - wide - 2));
    let row = ends.findIndex((end) => end < left);
    if (row < 0) row = ends.length;
    if (row >= MARK_ROWS) row = -1;
    else ends[row] = left + wide + 10;
    return { ...mark, x: at, left, row };
  });
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
