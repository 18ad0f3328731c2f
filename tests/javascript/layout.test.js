import assert from "node:assert/strict";
import { test } from "node:test";
import { barNames, groups, markings, packed, placed, ticks } from "../../core/live/browser/layout.js";
import { Recording } from "../../core/live/browser/recording.js";

const bar = (from, to, slot = 1) => ({ node: "n1", name: `web.${slot}`, slot, service: "s1", spans: [{ from, to }] });

function recording() {
  const made = new Recording();
  made.services.set("s1", "web");
  made.nodes.set("n1", { name: "node1", spans: [{ from: 0, to: null, state: "active" }] });
  made.nodes.set("n2", { name: "node2", spans: [{ from: 0, to: 5, state: "active" }] });
  return made;
}

test("rows are grouped by node and ordered by slot, and the bars of one slot share a row", () => {
  const made = recording();
  for (const [key, each] of [bar(0, null, 10), bar(0, 3, 2), bar(3, null, 2)].entries()) made.bars.set(key, each);
  const [first, second] = groups(made, 0, 10, "no node");
  assert.equal(first.name, "node1");
  assert.deepEqual(
    first.rows.map(({ name, bars }) => [name, bars.length]),
    [
      ["web.2", 2],
      ["web.10", 1],
    ],
  );
  assert.deepEqual([second.name, second.rows], ["node2", []]);
});

test("a stretch has only what was there then", () => {
  const made = recording();
  made.bars.set("1", bar(0, 3));
  const [only, ...others] = groups(made, 6, 10, "no node");
  assert.deepEqual([only.name, only.rows, others], ["node1", [], []]);
});

test("only tasks that wait long for a node have rows", () => {
  const made = recording();
  made.bars.set("1", { ...bar(0, 1), node: "" });
  assert.equal(groups(made, 0, 10, "no node").length, 2);
  made.bars.set("2", { ...bar(0, 4, 2), node: "" });
  assert.deepEqual(groups(made, 0, 10, "no node")[2].name, "no node");
});

test("packed bars take the first row that is free", () => {
  const rows = [bar(0, 4, 1), bar(2, 6, 2), bar(4, null, 3)].map((each) => ({ name: each.name, bars: [each] }));
  const lanes = packed(rows, 10);
  assert.deepEqual(
    lanes.map(({ bars }) => bars.map(({ slot }) => slot)),
    [[1, 3], [2]],
  );
});

const wide = (text) => 6 * text.length;
const same = (time) => time;

test("the texts of marks find rows from below, the newest first", () => {
  const marks = [0, 10, 20, 30].map((time) => ({ time, text: "web 1 → 2" }));
  const found = placed(marks, same, wide, 500);
  assert.deepEqual(
    found.map(({ row, left }) => [row, left]),
    [
      [-1, 4],
      [2, 14],
      [1, 24],
      [0, 34],
    ],
  );
});

test("a text without room at the right stands at the left of its line", () => {
  const [last] = placed([{ time: 490, text: "ten letters" }], same, wide, 500);
  assert.equal(last.left, 490 - 4 - 66);
});

test("names of bars are made smaller, then shorter, and cut last", () => {
  const measure = (text, size) => 0.5 * size * text.length;
  const names = (count, name = (n) => `node${n}`) => Array.from({ length: count }, (_, n) => name(n + 1));
  const three = barNames(names(3), 140, 16, measure);
  assert.deepEqual(three, { size: 16, texts: ["node1", "node2", "node3"] });
  const ten = barNames(names(10), 40, 16, measure);
  assert.deepEqual([ten.size < 14, ten.texts], [true, names(10)]);
  const many = barNames([...names(30), "no node"], 20, 16, measure);
  assert.deepEqual([many.texts[0], many.texts[29], many.texts[30]], ["1", "30", "?"]);
  const near = barNames(["node10", "node11", "no node"], 30, 16, measure);
  assert.deepEqual(near.texts.slice(0, 2), ["10", "11"]); // a number stays whole
  const long = barNames(["a-name-that-is-very-long", "b"], 60, 16, measure);
  assert.deepEqual(
    long.texts,
    ["a-name-th…", "b"].map((text) => text),
  );
  for (const text of long.texts) assert.ok(measure(text, long.size) <= 60);
});

/** Numbers that look like chance, and are the same each time. */
function dice(seed) {
  return () => (seed = (seed * 16807) % 2147483647) / 2147483647;
}

test("every text stands beside its own line, and covers no other, at any distance", () => {
  for (let seed = 1; seed < 300; seed += 1) {
    const next = dice(seed);
    const span = 10 ** (5 * next());
    const width = 250 + 800 * next();
    const times = Array.from({ length: 1 + Math.floor(25 * next()) }, () => span * next()).sort((a, b) => a - b);
    const marks = times.map((time) => ({ time, text: "x".repeat(3 + Math.floor(25 * next())) }));
    const x = (time) => (time / span) * width;
    const found = placed(marks, x, wide, width).filter(({ row }) => row >= 0);
    assert.equal(found.at(-1).time, times.at(-1)); // the newest is always told
    for (const { text, time, left, x: at } of found) {
      assert.equal(at, x(time));
      const beside = Math.abs(left - at - 4) < 1e-6 || Math.abs(left + wide(text) + 4 - at) < 1e-6 || left === 0;
      assert.ok(beside, `${text} at ${left}, its line at ${at}`);
      assert.ok(left >= 0 && left + wide(text) <= width);
    }
    found.forEach((each, index) => {
      for (const other of found.slice(index + 1)) {
        if (other.row !== each.row) continue;
        assert.ok(each.left + wide(each.text) < other.left, `seed ${seed}`);
      }
    });
  }
});

test("a chart has a line at each change, and words at the times of their marks", () => {
  const marks = [
    { time: 100, text: "web 1 → 15" },
    { time: 104, text: "node2 drain" },
  ];
  const { shapes, annotations } = markings({ lines: [100, 102, 104], marks }, same, wide, 500);
  assert.deepEqual(
    shapes.map(({ x0, x1 }) => [x0, x1]),
    [100, 102, 104, 100, 104].map((time) => [time, time]),
  );
  assert.deepEqual(
    annotations.map(({ x, text }) => [x, text]),
    marks.map(({ time, text }) => [time, text]),
  );
});

test("ticks are round, and no more than fit", () => {
  assert.deepEqual(ticks(7203, 7229, 6), [7205, 7210, 7215, 7220, 7225]);
  assert.equal(ticks(0, 86400, 2).length, 13); // two hours are the longest step
});
