// A recording in the browser: the stream of changes, folded into the picture at any instant, and
// into one bar per replica and node. core/timeline/recording.py says what a change is.

const SLIDE = 2; // seconds, as in core/presentation/marks.py: one move of a slider is one mark

export class Recording {
  constructor() {
    this.clear();
  }

  clear() {
    this.start = 0;
    this.end = 0;
    this.changes = []; // that hold from their time on
    this.marks = []; // {time, text, subject}, of a scaling {from, to}, too
    this.actions = []; // {time, line, error}
    this.nodes = new Map(); // id to {name, spans: [{from, to, state}]}
    this.bars = new Map(); // by task and node: {node, name, slot, service, spans: [{from, to, phase}]}
    this.silences = []; // {from, to}: the engine was not heard
    this.services = new Map(); // id to name
    this.now = { node: new Map(), service: new Map(), replica: new Map(), trouble: "" };
  }

  add({ whole, start, end, changes }) {
    if (whole) this.clear();
    this.start ||= start;
    this.end = Math.max(this.end, end);
    for (const change of changes) this.take(change);
  }

  take({ time, kind, id, value }) {
    if (kind === "mark") {
      this.takeMark({ time, ...value });
      return;
    }
    if (kind === "action") {
      this.actions.push({ time, ...value });
      return;
    }
    this.changes.push({ time, kind, id, value });
    if (kind === "service" && value) this.services.set(id, value.name);
    if (kind === "node") this.takeNode(time, id, value);
    if (kind === "replica") this.takeReplica(time, id, value);
    if (kind === "trouble") {
      close(this.silences, time);
      if (value) this.silences.push({ from: time, to: null });
    }
  }

  // Steps up and steps down, or with something else between them, are no one move.
  takeMark(mark) {
    const last = this.marks.findLast(({ subject }) => subject === mark.subject);
    const [old, between, to] = [last?.from, mark.from, mark.to].map(Number);
    const onward = (old < between && between < to) || (old > between && between > to);
    if (last?.to === mark.from && onward && mark.time - last.time < SLIDE) {
      last.to = mark.to;
      last.text = `${mark.subject} ${last.from} → ${last.to}`;
    } else this.marks.push(mark);
  }

  takeNode(time, id, value) {
    if (!this.nodes.has(id)) this.nodes.set(id, { name: id, spans: [] });
    const node = this.nodes.get(id);
    if (value) node.name = value.name;
    const state = value ? nodeState(value) : "gone";
    if (node.spans.at(-1)?.state === state) return;
    close(node.spans, time);
    node.spans.push({ from: time, to: null, state });
  }

  takeReplica(time, id, value) {
    const before = this.now.replica.get(id);
    if (before) {
      const bar = this.bars.get(`${id} ${before.node}`);
      // Of a task that is seen before or after its service, the service's name is but an id.
      if (value && bar.name.startsWith(value.service.slice(0, 12))) bar.name = value.name;
      if (value?.tile && value.node === before.node && value.phase === before.phase) {
        this.now.replica.set(id, value);
        return;
      }
      close(bar.spans, time);
    }
    if (!value) {
      this.now.replica.delete(id);
      return;
    }
    this.now.replica.set(id, value);
    const key = `${id} ${value.node}`;
    if (!this.bars.has(key)) {
      this.bars.set(key, {
        node: value.node,
        name: value.name,
        slot: value.slot,
        service: value.service,
        spans: [],
      });
    }
    const bar = this.bars.get(key);
    if (value.tile) bar.spans.push({ from: time, to: null, phase: value.phase });
    else if (value.phase === "failed") bar.spans.push({ from: time, to: time, phase: "failed" });
  }

  // The picture at an instant, in the shape of the live one (core/live/messages.py).
  at(time) {
    const state = { node: new Map(), service: new Map(), replica: new Map(), trouble: new Map() };
    let count = 0;
    for (const change of this.changes) {
      if (change.time > time) break;
      count += 1;
      if (change.value) state[change.kind].set(change.id, change.value);
      else state[change.kind].delete(change.id);
    }
    const placed = new Map();
    for (const [id, replica] of state.replica) {
      if (!replica.tile) continue;
      if (!placed.has(replica.node)) placed.set(replica.node, []);
      placed.get(replica.node).push(tile(id, replica));
    }
    const name = (id) => state.service.get(id)?.name || "";
    const sorted = (tiles) =>
      tiles.sort((a, b) => compare(name(a.service), name(b.service)) || a.slot - b.slot || compare(a.id, b.id));
    return {
      count, // of the changes that it is made of: the same count is the same picture
      nodes: [...state.node].map(([id, node]) => ({ id, ...node, tiles: sorted(placed.get(id) || []) })),
      unplaced: sorted(placed.get("") || []),
      services: [...state.service].map(([id, service]) => ({ id, ...service })),
      trouble: state.trouble.get("")?.message || "",
    };
  }
}

function close(spans, time) {
  const last = spans.at(-1);
  if (last && last.to === null) last.to = time;
}

export function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function nodeState(node) {
  return node.state === "ready" ? node.availability : "down";
}

function tile(id, replica) {
  const { failures, last_error: lastError, ...rest } = replica;
  return { id, ...rest, label: String(replica.slot || "•"), failures, lastError };
}
