import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../core/live/browser/history.js";

test("up goes back through the lines, down returns to the draft", () => {
  const history = new History();
  history.add("docker ps");
  history.add("docker node ls\n\n docker service ls ");
  assert.deepEqual(history.lines, ["docker ps", "docker node ls", "docker service ls"]);
  assert.equal(history.recall(1, "dock"), "docker service ls");
  assert.equal(history.recall(1, "docker service ls"), "docker node ls");
  assert.equal(history.recall(-1, ""), "docker service ls");
  assert.equal(history.recall(-1, ""), "dock");
  assert.equal(history.recall(-1, ""), undefined);
});

test("the first line is the end", () => {
  const history = new History();
  assert.equal(history.recall(1, ""), undefined);
  history.add("docker ps");
  assert.equal(history.recall(1, ""), "docker ps");
  assert.equal(history.recall(1, ""), undefined);
});

test("the same line twice in a row is one", () => {
  const history = new History();
  history.add("docker ps\ndocker ps");
  assert.deepEqual(history.lines, ["docker ps"]);
});

test("the longest memory wins, and the server's where they are equal", () => {
  const history = new History();
  history.remember(["a"], ["b"]);
  assert.deepEqual(history.lines, ["b"]);
  history.remember(["a", "c"], ["b"]);
  assert.deepEqual(history.lines, ["a", "c"]);
  history.remember([], []);
  assert.deepEqual(history.lines, ["a", "c"]);
});
