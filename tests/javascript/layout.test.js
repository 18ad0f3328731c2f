import assert from "node:assert/strict";
import { test } from "node:test";
import { groups, packed, placed, ticks } from "../../core/live/browser/layout.js";
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

test("the texts of marks cover one another in no row", () => {
  const marks = [0, 10, 20, 30].map((time) => ({ time, text: "web 1 → 2" }));
  const rows = placed(
    marks,
    (time) => time,
    () => 60,
    500,
  );
  assert.deepEqual(
    rows.map(({ row }) => row),
    [0, 1, 2, -1],
  );
  const [last] = placed(
    [{ time: 490, text: "" }],
    (time) => time,
    () => 60,
    500,
  );
  assert.equal(last.left, 438);
});

test("ticks are round, and no more than fit", () => {
  assert.deepEqual(ticks(7203, 7229, 6), [7205, 7210, 7215, 7220, 7225]);
  assert.equal(ticks(0, 86400, 2).length, 13); // two hours are the longest step
});
