import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../core/live/browser/drafts.js";

/** As much of a browser's storage as is asked for. room: characters that it holds. */
class Storage {
  constructor(room = Infinity) {
    this.room = room;
    this.items = new Map();
  }
  get length() {
    return this.items.size;
  }
  key(index) {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  setItem(key, value) {
    if (value.length > this.room) throw new Error("QuotaExceededError");
    this.items.set(key, value);
  }
  removeItem(key) {
    this.items.delete(key);
  }
}

test("what was typed is found again by cluster, machine and path", () => {
  const storage = new Storage();
  const draft = { text: "FROM alpine\n", tag: '"1"' };
  new Drafts(storage, "", "node1").put("/root/Dockerfile", draft);
  storage.setItem("essaim-console-draft", "docker ps");
  assert.deepEqual(new Drafts(storage, "", "node1").get("/root/Dockerfile"), draft);
  assert.deepEqual(new Drafts(storage, "", "node1").paths(), ["/root/Dockerfile"]);
  for (const [place, machine] of [
    ["", "node2"],
    ["abcd2345", "node1"],
    ["", "node"],
  ]) {
    assert.deepEqual(new Drafts(storage, place, machine).paths(), []);
    assert.equal(new Drafts(storage, place, machine).get("/root/Dockerfile"), null);
  }
});

test("a saved text is forgotten, one that another tab has typed on is not", () => {
  const drafts = new Drafts(new Storage(), "", "node1");
  drafts.put("/root/a", { text: "one", tag: null });
  drafts.drop("/root/a", "another");
  assert.equal(drafts.get("/root/a").text, "one");
  drafts.drop("/root/a", "one");
  assert.equal(drafts.get("/root/a"), null);
});

test("a draft goes with its file", () => {
  const drafts = new Drafts(new Storage(), "", "node1");
  drafts.put("/root/a", { text: "one", tag: null });
  drafts.move("/root/a", "/root/b");
  drafts.move("/root/none", "/root/c");
  assert.deepEqual(drafts.paths(), ["/root/b"]);
});

test("a browser without room says so, and keeps what it has", () => {
  const drafts = new Drafts(new Storage(100), "", "node1");
  assert.ok(drafts.put("/root/a", { text: "short", tag: null }));
  assert.ok(!drafts.put("/root/a", { text: "x".repeat(200), tag: null }));
  assert.equal(drafts.get("/root/a").text, "short");
});
