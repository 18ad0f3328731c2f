// A recording in the browser: the stream of changes, folded into the picture at any instant, and into one bar per
// replica and node. core/timeline/recording.py says what a change is.

/** @import { Bar, Change, Mark, Picture, RecordedNode, Span, Tile } from "./types" */

const SLIDE = 2; // seconds, as in core/presentation/marks.py: one move of a slider is one mark

export class Recording {
  start = 0; // seconds since the epoch, as all times here
  end = 0;
  /** @type {Change[]} */ changes = []; // that hold from their time on
  /** @type {Mark[]} */ marks = [];
  /** @type {{ time: number, line: string, error: string }[]} */ actions = [];
  /** @type {Map<string, RecordedNode>} */ nodes = new Map(); // by id
  /** @type {Map<string, Bar>} */ bars = new Map(); // by task and node
  /** @type {Span[]} */ silences = []; // while the engine was not heard
  /** @type {Map<string, string>} */ services = new Map(); // names by id
  /** @type {Map<string, any>} */ replicas = new Map(); // the replicas as they are at the end

  clear() {
    Object.assign(this, new Recording());
  }

  /** @param {{ whole?: boolean, start: number, end: number, changes: Change[] }} news whole: forget what was before */
  add({ whole, start, end, changes }) {
    if (whole) this.clear();
    this.start ||= start;
    this.end = Math.max(this.end, end);
    for (const change of changes) this.take(change);
  }

  take(/** @type {Change} */ change) {
    const { time, kind, id, value } = change;
    if (kind === "mark") return this.takeMark({ time, ...value });
    if (kind === "action") return this.actions.push({ time, ...value });
    this.changes.push(change);
    if (kind === "service" && value) this.services.set(id, value.name);
    if (kind === "node") this.takeNode(time, id, value);
    if (kind === "replica") this.takeReplica(time, id, value);
    if (kind === "trouble") {
      finish(this.silences, time);
      if (value) this.silences.push({ from: time, to: null });
    }
  }

  /** Steps in one direction are one move, if nothing else lies between them. @param {Mark} mark */
  takeMark(mark) {
    const last = this.marks.findLast(({ subject }) => subject === mark.subject);
    const [old, between, to] = [last?.from, mark.from, mark.to].map(Number);
    const onward = (old < between && between < to) || (old > between && between > to);
    if (last?.to === mark.from && onward && last && mark.time - last.time < SLIDE) {
      last.to = mark.to;
      last.text = `${mark.subject} ${last.from} → ${last.to}`;
    } else this.marks.push(mark);
  }

  /** @param {number} time @param {string} id @param {any} value */
  takeNode(time, id, value) {
    const node = this.nodes.get(id) || { name: id, spans: [] };
    this.nodes.set(id, node);
    if (value) node.name = value.name;
    const state = !value ? "gone" : value.state === "ready" ? value.availability : "down";
    if (node.spans.at(-1)?.state === state) return;
    finish(node.spans, time);
    node.spans.push({ from: time, to: null, state });
  }

  /** @param {number} time @param {string} id @param {any} value */
  takeReplica(time, id, value) {
    const before = this.replicas.get(id);
    const bar = before && this.bars.get(`${id} ${before.node}`);
    // Of a task that is seen before or after its service, the service's name is but an id.
    if (bar && value && bar.name.startsWith(value.service.slice(0, 12))) bar.name = value.name;
    if (value) this.replicas.set(id, value);
    else this.replicas.delete(id);
    if (bar && value?.tile && value.node === before.node && value.phase === before.phase) return;
    if (bar) finish(bar.spans, time);
    if (!value) return;
    const { node, name, slot, service, phase, tile } = value;
    const key = `${id} ${node}`;
    /** @type {Bar} */ const after = this.bars.get(key) || { node, name, slot, service, spans: [] };
    this.bars.set(key, after);
    if (tile) after.spans.push({ from: time, to: null, phase });
    else if (phase === "failed") after.spans.push({ from: time, to: time, phase });
  }

  /**
   * The picture at an instant.
   * @param {number} time
   * @returns {Picture & { count: number, trouble: string }} count: of the changes; the same count is the same picture
   */
  at(time) {
    /** @type {Record<string, Map<string, any>>} */
    const state = { node: new Map(), service: new Map(), replica: new Map(), trouble: new Map() };
    const past = this.changes.findIndex((change) => change.time > time);
    const changes = past < 0 ? this.changes : this.changes.slice(0, past);
    for (const { kind, id, value } of changes) {
      if (value) state[kind].set(id, value);
      else state[kind].delete(id);
    }
    /** @type {Map<string, (Tile & { slot: number })[]>} */ const placed = new Map();
    for (const [id, { node, tile, last_error: lastError, ...rest }] of state.replica) {
      if (!tile) continue;
      if (!placed.has(node)) placed.set(node, []);
      placed.get(node)?.push({ id, ...rest, label: String(rest.slot || "•"), lastError });
    }
    const name = (/** @type {Tile} */ tile) => state.service.get(tile.service)?.name || "";
    const tiles = (/** @type {string} */ node) =>
      (placed.get(node) || []).sort((a, b) => compare(name(a), name(b)) || a.slot - b.slot || compare(a.id, b.id));
    return {
      count: changes.length,
      nodes: [...state.node].map(([id, node]) => ({ id, ...node, tiles: tiles(id) })),
      unplaced: tiles(""),
      services: [...state.service].map(([id, service]) => ({ id, ...service })),
      trouble: state.trouble.get("")?.message || "",
    };
  }
}

function finish(/** @type {Span[]} */ spans, /** @type {number} */ time) {
  const last = spans.at(-1);
  if (last && last.to === null) last.to = time;
}

export function compare(/** @type {string} */ a, /** @type {string} */ b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
