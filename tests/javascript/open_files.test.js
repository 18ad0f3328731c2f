import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../core/live/browser/drafts.js";
import { base, lineEnd, parent } from "../../core/live/browser/file_names.js";
import { Refused } from "../../core/live/browser/machine_files.js";
import { OpenFiles } from "../../core/live/browser/open_files.js";
import { EditorState } from "../../core/live/browser/vendor/codemirror.mjs";

const tagged = (text) => `"${text.length} ${text}"`;

/** A machine with files, as its routes tell of them. */
class Machine {
  up = true;
  changes = 0;
  files = new Map();
  folders = new Set(["/root"]);
  put(path, text) {
    this.files.set(path, { text, mtime: ++this.changes });
  }
  asked(path, there) {
    if (!this.up) throw new Refused(0, "no answer");
    if (!there) throw new Refused(404, `${path}: No such file or directory`);
  }
  async read(path) {
    this.asked(path, this.files.has(path));
    const { text } = this.files.get(path);
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    return { bytes, tag: tagged(String(text)) };
  }
  async write(path, text, seen) {
    this.asked(path, this.folders.has(parent(path)));
    const held = this.files.get(path);
    const free = seen === null ? !held : seen === "*" || (held && seen === tagged(String(held.text)));
    if (!free) throw new Refused(412, `${path} has changed meanwhile`);
    this.put(path, text);
    return tagged(text);
  }
  async makeFolders(path) {
    this.folders.add(path);
  }
  find = (path) => {
    const file = this.files.get(path);
    return file ? { name: base(path), kind: "file", size: file.text.length, mtime: file.mtime } : null;
  };
}

function storage() {
  const items = new Map();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index],
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}

const PATH = "/root/app.py";

/** A browser's tab with a machine behind it. */
function tab(machine = new Machine(), memory = storage()) {
  const make = (path, content) =>
    EditorState.create({ doc: content, extensions: EditorState.lineSeparator.of(lineEnd(content)) });
  const editor = {
    make,
    replaced: (path, _state, content) => make(path, content),
    named: (_path, state) => state,
    show: () => {},
    close: () => {},
  };
  const drafts = new Drafts(memory, "", "node1");
  const files = new OpenFiles(machine, drafts, editor, () => {});
  const open = (path = PATH) => files.open(path, machine.find(path) || undefined);
  const type = (text) => files.typed(files.shown.state.update({ changes: { from: 0, insert: text } }).state);
  return { machine, memory, drafts, files, open, type, text: () => files.shown?.state.sliceDoc() };
}

/** A tab that has a file open. */
async function editing(content = "one\n") {
  const here = tab();
  here.machine.put(PATH, content);
  assert.equal(await here.open(), "shown");
  return here;
}

test("what is saved is what was typed, with its own ends of lines", async () => {
  const { machine, files, drafts, type } = await editing("one\r\ntwo\r\n");
  type("# x\r\n");
  assert.ok(files.unsaved(files.shown));
  assert.ok(await files.save());
  assert.equal(machine.files.get(PATH).text, "# x\r\none\r\ntwo\r\n");
  assert.ok(!files.unsaved(files.shown));
  assert.deepEqual(drafts.paths(), []);
});

test("a page that comes back shows what was typed", async () => {
  const { machine, memory, files, type } = await editing();
  type("typed ");
  files.close(); // as when one goes to another page
  const again = tab(machine, memory);
  await again.open();
  assert.equal(again.text(), "typed one\n");
  assert.ok(again.files.unsaved(again.files.shown));
  assert.equal(again.files.shown.other, null);
  assert.ok(await again.files.save());
  assert.deepEqual(again.drafts.paths(), []);
});

test("what was typed is there without a network, and is saved with one", async () => {
  const { machine, memory, files, type } = await editing();
  type("typed ");
  machine.up = false;
  await assert.rejects(files.save(), { status: 0 });
  files.close();
  const again = tab(machine, memory);
  await again.open();
  assert.equal(again.text(), "typed one\n");
  await assert.rejects(tab(machine, memory).open("/root/other"), { status: 0 });
  machine.up = true;
  assert.ok(await again.files.save());
  assert.equal(machine.files.get(PATH).text, "typed one\n");
});

test("another text on the machine is told before the page comes back to it, and not written over", async () => {
  const { machine, memory, files, type } = await editing();
  type("typed ");
  files.close();
  machine.put(PATH, "another's\n");
  const { files: again, open, text } = tab(machine, memory);
  await open();
  assert.equal(text(), "typed one\n");
  assert.equal(again.shown.other.content, "another's\n");
  assert.ok(!(await again.save()));
  assert.equal(machine.files.get(PATH).text, "another's\n");
  assert.ok(await again.save(true));
  assert.equal(machine.files.get(PATH).text, "typed one\n");
});

test("writing over takes only the text that was told", async () => {
  const { machine, files, type } = await editing();
  type("typed ");
  machine.put(PATH, "two");
  assert.ok(!(await files.save()));
  machine.put(PATH, "three");
  assert.ok(!(await files.save(true)));
  assert.equal(files.shown.other.content, "three");
  assert.equal(machine.files.get(PATH).text, "three");
});

test("an unchanged file follows the machine, an edited one does not", async () => {
  const { machine, files, type, text } = await editing();
  assert.deepEqual(await files.see(machine.find), []);
  machine.put(PATH, "one\n"); // the same again
  assert.deepEqual(await files.see(machine.find), []);
  machine.put(PATH, "two\n");
  assert.deepEqual(
    (await files.see(machine.find)).map(([, what]) => what),
    ["followed"],
  );
  assert.equal(text(), "two\n");
  type("typed ");
  machine.put(PATH, "three\n");
  assert.deepEqual(
    (await files.see(machine.find)).map(([, what]) => what),
    ["other"],
  );
  assert.equal(text(), "typed two\n");
  files.follow(files.shown);
  assert.equal(text(), "three\n");
});

test("a file that is gone is closed, and one with edits can be made again with its folder", async () => {
  const { machine, files, type } = await editing();
  machine.files.delete(PATH);
  assert.equal((await files.see(machine.find))[0][1], "gone");
  assert.equal(files.shown, null);

  machine.folders.add("/root/app");
  machine.put("/root/app/a", "one");
  await files.open("/root/app/a", machine.find("/root/app/a"));
  type("typed ");
  machine.files.clear();
  machine.folders.delete("/root/app");
  assert.equal((await files.see(machine.find))[0][1], "gone");
  assert.deepEqual(await files.see(machine.find), []); // it is told once
  assert.ok(await files.save());
  assert.equal(machine.files.get("/root/app/a").text, "typed one");
});

test("a draft of a file that is gone is shown, and saved as a new one", async () => {
  const { machine, memory, files, type } = await editing();
  type("typed ");
  files.close();
  machine.files.clear();
  const again = tab(machine, memory);
  await again.open();
  assert.equal(again.text(), "typed one\n");
  assert.ok(await again.files.save());
});

test("all edits are thrown away by one press", async () => {
  const { files, drafts, type, text } = await editing("a\r\nb\r\n");
  type("typed ");
  files.keep();
  assert.deepEqual(drafts.paths(), [PATH]);
  files.discard();
  assert.equal(text(), "a\r\nb\r\n");
  assert.deepEqual(drafts.paths(), []);
});

test("a file that leaves the editor with edits is still unsaved, one without is forgotten", async () => {
  const { machine, files, type, open, text } = await editing();
  machine.put("/root/b", "b");
  type("typed ");
  await open("/root/b");
  assert.deepEqual(files.paths(), [[PATH], ["/root/b"]]);
  await open();
  assert.equal(text(), "typed one\n");
  assert.deepEqual(files.paths(), [[PATH], []]);
});

test("edits go with a file that is renamed, or whose folder is", async () => {
  const { machine, files, drafts, type } = await editing();
  type("typed ");
  machine.put("/root/main.py", "one\n");
  machine.files.delete(PATH);
  files.move(PATH, "/root/main.py");
  assert.equal(files.shown.path, "/root/main.py");
  assert.deepEqual(drafts.paths(), ["/root/main.py"]);
  assert.ok(await files.save());
  assert.equal(machine.files.get("/root/main.py").text, "typed one\n");
});

test("what is removed takes its edits with it", async () => {
  const { files, drafts, type } = await editing();
  type("typed ");
  files.forget("/root");
  assert.equal(files.shown, null);
  assert.deepEqual(drafts.paths(), []);
});

test("what is no text, or too much of it, is not opened", async () => {
  const { machine, open } = tab();
  machine.put("/root/binary", Uint8Array.of(1, 0, 2));
  machine.put("/root/large", "x".repeat(600_000));
  assert.equal(await open("/root/binary"), "binary");
  assert.equal(await open("/root/large"), "large");
});

test("an open file that becomes something else is told, and not written over", async () => {
  const { machine, files, type, text } = await editing();
  machine.put(PATH, Uint8Array.of(0));
  assert.equal((await files.see(machine.find))[0][1], "other");
  type("typed ");
  assert.ok(!(await files.save()));
  assert.equal(files.shown.other.content, null);
  files.follow(files.shown);
  assert.equal(text(), "typed one\n");
  files.close();
  const again = tab(machine, files.drafts.storage);
  await again.open();
  assert.equal(again.text(), "typed one\n");
  assert.ok(!(await again.files.save()));
  assert.ok(await again.files.save(true));
  assert.equal(machine.files.get(PATH).text, "typed one\n");
});

test("a change that was not read for want of a network is read later", async () => {
  const { machine, files, text } = await editing();
  machine.put(PATH, "two\n");
  machine.up = false;
  assert.deepEqual(await files.see(machine.find), []);
  machine.up = true;
  assert.equal((await files.see(machine.find))[0][1], "followed");
  assert.equal(text(), "two\n");
});

test("of two files that are chosen at once the last one is shown", async () => {
  const { machine, files, open } = await editing();
  machine.put("/root/b", "b");
  machine.put("/root/c", "c");
  const { read } = machine;
  let go = () => {};
  machine.read = async (path) => {
    if (path === "/root/b") await new Promise((resolve) => (go = resolve));
    return read.call(machine, path);
  };
  const first = open("/root/b");
  assert.equal(await open("/root/c"), "shown");
  go();
  assert.equal(await first, "passed");
  assert.equal(files.shown.path, "/root/c");
});

test("another tab's edits are not forgotten by a save here", async () => {
  const { machine, memory, files, type } = await editing();
  const other = tab(machine, memory);
  await other.open();
  type("mine ");
  files.keep();
  other.type("other's ");
  other.files.keep();
  assert.ok(await files.save());
  assert.equal(other.drafts.get(PATH).text, "other's one\n");
  assert.ok(!(await other.files.save()));
  assert.equal(machine.files.get(PATH).text, "mine one\n");
});
