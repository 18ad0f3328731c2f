import assert from "node:assert/strict";
import { test } from "node:test";
import { rows, step } from "../../core/live/browser/file_rows.js";

const entry = (name, kind = "file") => ({ name, kind, size: 0, mtime: 0 });
const LISTINGS = new Map([
  ["/root", [entry("app", "folder"), entry("empty", "folder"), entry("z.txt")]],
  ["/root/app", [entry("a.py"), entry("b.py")]],
  ["/root/empty", []],
]);
const shown = (open = [], unsaved = [], listings = LISTINGS) => rows("/root", listings, new Set(open), unsaved);
const ids = (...given) => shown(...given).map(({ id }) => id);

test("only open folders show what is in them", () => {
  assert.deepEqual(ids(), ["/root/app", "/root/empty", "/root/z.txt"]);
  assert.deepEqual(ids(["/root/app"]).slice(0, 3), ["/root/app", "/root/app/a.py", "/root/app/b.py"]);
  assert.deepEqual(
    shown(["/root/app"]).map(({ level, place, count }) => [level, place, count]),
    [
      [1, 1, 3],
      [2, 1, 2],
      [2, 2, 2],
      [1, 2, 3],
      [1, 3, 3],
    ],
  );
});

test("an unsaved file is marked, and so is the folder that hides it", () => {
  const marked = shown([], ["/root/app/a.py", "/etc/passwd"]).filter(({ unsaved }) => unsaved);
  assert.deepEqual(
    marked.map(({ id }) => id),
    ["/root/app"],
  );
});

test("what is typed and not on the machine has a row, wherever its folder went", () => {
  assert.deepEqual(ids(["/root/app"], ["/root/app/new.py"])[3], "/root/app/new.py");
  const gone = shown([], ["/root/gone/far/x.py", "/root/app/new.py"]);
  assert.deepEqual(
    gone.filter(({ there }) => !there).map(({ id, name, level }) => [id, name, level]),
    [["/root/gone/far/x.py", "gone/far/x.py", 1]],
  );
});

test("before the machine has answered nothing is said to be missing", () => {
  assert.deepEqual(shown(["/root/app"], ["/root/app/a.py"], new Map()), []);
});

test("keys lead through the tree", () => {
  const tree = shown(["/root/app", "/root/empty"]);
  const walk = (at, key) => step(tree, at, key);
  assert.deepEqual(walk("/root/app", "ArrowDown"), { to: "/root/app/a.py" });
  assert.deepEqual(walk("/root/app", "ArrowUp"), {});
  assert.deepEqual(walk("/root/app", "ArrowRight"), { to: "/root/app/a.py" });
  assert.deepEqual(walk("/root/empty", "ArrowRight"), {});
  assert.deepEqual(walk("/root/z.txt", "ArrowRight"), {});
  assert.deepEqual(walk("/root/app/b.py", "ArrowLeft"), { to: "/root/app" });
  assert.deepEqual(walk("/root/app", "ArrowLeft"), { close: "/root/app" });
  assert.deepEqual(walk("/root/app", "End"), { to: "/root/z.txt" });
  assert.deepEqual(walk("/root/z.txt", "Home"), { to: "/root/app" });
  assert.equal(walk("/root/app", "x"), null);
  assert.equal(walk("/root/none", "ArrowDown"), null);
  assert.deepEqual(step(shown(), "/root/app", "ArrowRight"), { open: "/root/app" });
});
