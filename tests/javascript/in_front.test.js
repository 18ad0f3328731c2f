import assert from "node:assert/strict";
import { test } from "node:test";
import { follow, show, typed } from "../../core/live/browser/in_front.js";

test("whoever follows knows the machine in front, however late it comes", () => {
  const heard = [];
  const follower = (name) => ({
    show: (machine) => heard.push(`${name} ${machine}`),
    typed: (machine, enter) => heard.push(`${name} ${machine} ${enter}`),
  });
  const stop = follow(follower("early"));
  assert.deepEqual(heard.splice(0), []);
  show("node2");
  follow(follower("late"));
  assert.deepEqual(heard.splice(0), ["early node2", "late node2"]);
  typed("node1", true);
  assert.deepEqual(heard.splice(0), ["early node1 true", "late node1 true"]);
  stop();
  show("node3");
  assert.deepEqual(heard, ["late node3"]);
});
