import assert from "node:assert/strict";
import { test } from "node:test";
import { changed } from "../../core/live/browser/changes.js";

test("a list in a patch is a new value, an empty one says that the key is gone", () => {
  assert.deepEqual(changed({ a: 1, b: 2 }, { a: [3], b: [] }), { a: 3 });
  assert.deepEqual(changed([1, 2], [[5]]), [5]);
});

test("things with ids change one by one, and the rest stays the very same object", () => {
  const old = [{ id: "p", x: 1 }, { id: "q", x: { y: 2 } }]; // prettier-ignore
  const made = changed(old, { of: { p: { x: [7] }, r: [{ id: "r", x: 0 }] }, ids: ["r", "q", "p"] });
  assert.deepEqual(
    made.map(({ id }) => id),
    ["r", "q", "p"],
  );
  assert.equal(made[1], old[1]);
  assert.deepEqual(made[2], { id: "p", x: 7 });
  assert.equal(old[0].x, 1);
});

test("other things change by their place", () => {
  assert.deepEqual(changed([{ x: 1 }, { x: 2 }], { at: { 1: { x: [3] } } }), [{ x: 1 }, { x: 3 }]);
});

test("a series drops its beginning and grows at its end", () => {
  assert.deepEqual(changed([1, 2, 3, 4], { keep: [1, 4], add: [5, 6] }), [2, 3, 4, 5, 6]);
});
