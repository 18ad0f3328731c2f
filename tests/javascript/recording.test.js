import assert from "node:assert/strict";
import { test } from "node:test";
import { Recording } from "../../core/live/browser/recording.js";

const node = (id, time = 1, more = {}) => ({
  time,
  kind: "node",
  id,
  value: { name: id, state: "ready", availability: "active", ...more },
});
const service = { time: 1, kind: "service", id: "s1", value: { name: "web", replicas: 2 } };
const replica = (id, time, more = {}) => ({
  time,
  kind: "replica",
  id,
  value: { name: `web.${id}`, service: "s1", slot: Number(id), node: "n1", phase: "running", tile: true, ...more },
});

function recorded(...changes) {
  const recording = new Recording();
  recording.add({ start: 1, end: 10, changes });
  return recording;
}

test("the picture at an instant is what the changes up to it have left", () => {
  const recording = recorded(node("n1"), service, replica("2", 2), replica("1", 3), {
    time: 5,
    kind: "replica",
    id: "2",
    value: null,
  });
  const names = (time) => recording.at(time).nodes[0].tiles.map((tile) => tile.name);
  assert.deepEqual(names(2), ["web.2"]);
  assert.deepEqual(names(4), ["web.1", "web.2"]);
  assert.deepEqual(names(9), ["web.1"]);
  assert.equal(recording.at(4).count, 4);
  assert.deepEqual(recording.at(0.5).nodes, []);
});

test("a tile has its slot for a label, and a dot where there is none", () => {
  const recording = recorded(node("n1"), service, replica("3", 2), replica("g", 2, { slot: 0, node: "" }));
  assert.equal(recording.at(3).nodes[0].tiles[0].label, "3");
  assert.equal(recording.at(3).unplaced[0].label, "•");
});

test("a replica has one bar per node, and a span per phase", () => {
  const recording = recorded(
    service,
    replica("1", 2, { phase: "starting" }),
    replica("1", 3),
    replica("1", 4),
    replica("1", 6, { node: "n2" }),
  );
  assert.deepEqual(recording.bars.get("1 n1").spans, [
    { from: 2, to: 3, phase: "starting" },
    { from: 3, to: 6, phase: "running" },
  ]);
  assert.deepEqual(recording.bars.get("1 n2").spans, [{ from: 6, to: null, phase: "running" }]);
});

test("a task that failed is the end of its bar", () => {
  const recording = recorded(replica("1", 2), replica("1", 4, { phase: "failed", tile: false }));
  assert.deepEqual(recording.bars.get("1 n1").spans, [
    { from: 2, to: 4, phase: "running" },
    { from: 4, to: 4, phase: "failed" },
  ]);
});

test("a bar takes the service's name when the task has it", () => {
  const recording = recorded(replica("1", 2, { name: "s1.1" }), replica("1", 3, { name: "web.1" }));
  assert.equal(recording.bars.get("1 n1").name, "web.1");
});

test("a node has a span for each state, and is gone", () => {
  const gone = { time: 9, kind: "node", id: "n1", value: null };
  const drained = node("n1", 3, { availability: "drain" });
  const recording = recorded(node("n1"), drained, node("n1", 5, { state: "down" }), gone);
  const states = recording.nodes.get("n1").spans.map(({ from, to, state }) => [from, to, state]);
  assert.deepEqual(states, [
    [1, 3, "active"],
    [3, 5, "drain"],
    [5, 9, "down"],
    [9, null, "gone"],
  ]);
});

test("silences last until the engine is heard", () => {
  const trouble = (time, value) => ({ time, kind: "trouble", id: "", value });
  const recording = recorded(trouble(2, { message: "away" }), trouble(4, null));
  assert.deepEqual(recording.silences, [{ from: 2, to: 4 }]);
  assert.equal(recording.at(3).trouble, "away");
  assert.equal(recording.at(5).trouble, "");
});

test("steps in one direction are one mark", () => {
  const mark = (time, from, to) => ({
    time,
    kind: "mark",
    id: "",
    value: { text: `web ${from} → ${to}`, subject: "web", from, to },
  });
  assert.deepEqual(
    recorded(mark(1, 1, 2), mark(2, 2, 5), mark(3, 5, 3), mark(8, 3, 2)).marks.map(({ text }) => text),
    ["web 1 → 5", "web 5 → 3", "web 3 → 2"],
  );
});

test("a whole record replaces what was before", () => {
  const recording = recorded(node("n1"), service, replica("1", 2));
  recording.add({ whole: true, start: 20, end: 30, changes: [node("n2", 20)] });
  assert.deepEqual([recording.start, recording.end], [20, 30]);
  assert.equal(recording.bars.size, 0);
  assert.deepEqual(
    recording.at(25).nodes.map(({ id }) => id),
    ["n2"],
  );
});
