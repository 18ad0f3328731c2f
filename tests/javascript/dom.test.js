import assert from "node:assert/strict";
import { test } from "node:test";
import { Children, insertByNumber } from "../../core/live/browser/dom.js";

/** As much of an element as Children asks for. */
class Parent {
  children = [];
  insertions = 0;
  insertBefore(child, next) {
    this.insertions += 1;
    this.children = this.children.filter((each) => each !== child);
    const at = next ? this.children.indexOf(next) : this.children.length;
    this.children.splice(at, 0, child);
  }
}

function kept() {
  const parent = new Parent();
  const children = new Children(parent, ({ id }) => {
    const root = { id, remove: () => (parent.children = parent.children.filter((each) => each !== root)) };
    return { root };
  });
  const update = (...ids) => children.update(ids.map((id) => ({ id })));
  return { parent, update, ids: () => parent.children.map(({ id }) => id) };
}

test("children follow their items' order", () => {
  const { update, ids } = kept();
  for (const order of ["abc", "cab", "bd", "dba", ""]) {
    update(...order);
    assert.deepEqual(ids(), [...order]);
  }
});

test("a known id keeps its element", () => {
  const { parent, update } = kept();
  const [[first]] = update("a", "b");
  const { insertions } = parent;
  const [[again]] = update("a", "b");
  assert.equal(again, first);
  assert.equal(parent.insertions, insertions); // nothing has moved: a selection stays
  update("b");
  const [, [made]] = update("b", "a");
  assert.notEqual(made, first);
});

test("what comes late stands in its place by its number", () => {
  const parent = new Parent();
  const placed = new Map();
  for (const number of [2, 4, 3, 10, 1]) insertByNumber(parent, placed, number, { number });
  assert.deepEqual(
    parent.children.map(({ number }) => number),
    [1, 2, 3, 4, 10],
  );
});
