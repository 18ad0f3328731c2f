import assert from "node:assert/strict";
import { test } from "node:test";
import {
  base,
  isName,
  join,
  language,
  lineEnd,
  moved,
  parent,
  size,
  text,
  within,
} from "../../core/live/browser/file_names.js";

test("a path is its folder and its name", () => {
  for (const path of ["/root/app/a.py", "/root", "/a b/é"]) assert.equal(join(parent(path), base(path)), path);
  assert.equal(parent("/root"), "/");
});

test("a folder holds what is below it, not what begins alike", () => {
  assert.ok(within("/root/app", "/root/app"));
  assert.ok(within("/root/app/a.py", "/root/app"));
  assert.ok(within("/root", "/"));
  assert.ok(!within("/root/apple", "/root/app"));
  assert.equal(moved("/root/app/a.py", "/root/app", "/root/b"), "/root/b/a.py");
  assert.equal(moved("/root/apple", "/root/app", "/root/b"), "/root/apple");
});

test("a name is no path", () => {
  for (const name of ["a", "..a", "a b", "é", ".env", "-rf"]) assert.ok(isName(name), name);
  for (const name of ["", ".", "..", "a/b", "/", "a\0"]) assert.ok(!isName(name), name);
});

test("bytes that are no text are not opened", () => {
  const bytes = (...all) => new Uint8Array(all);
  assert.equal(text(bytes(0x89, 0x50, 0x4e, 0x47)), null);
  assert.equal(text(bytes(0x61, 0)), null);
  assert.equal(text(bytes()), "");
});

test("a text gives the same bytes again", () => {
  for (const content of ["\ufeffBOM", "é\r\n", "a\rb\nc\r\n", "\u2028"]) {
    const bytes = new TextEncoder().encode(content);
    assert.deepEqual(new TextEncoder().encode(text(bytes)), bytes);
  }
});

test("only a text whose lines all end so has \\r\\n as its line's end", () => {
  for (const content of ["a\r\nb", "\r\n", "a\r\n\r\n"]) assert.equal(lineEnd(content), "\r\n");
  for (const content of ["", "a\nb\n", "a\r\nb\n", "a\rb", "a\r\r\nb"]) assert.equal(lineEnd(content), "\n");
});

test("a file's name, or its first line, says its language", () => {
  const languages = {
    "/root/Dockerfile": "dockerfile",
    "/root/Dockerfile.dev": "dockerfile",
    "/root/app.dockerfile": "dockerfile",
    "/root/app.py": "python",
    "/root/stack.yml": "yaml",
    "/root/docker-compose.yaml": "yaml",
    "/root/daemon.json": "json",
    "/root/index.html": "html",
    "/root/run.sh": "shell",
    "/root/.profile": "shell",
    "/root/.env": "shell",
    "/root/notes.txt": "",
    "/root/python": "",
    "/root/Dockerfiles/notes": "",
  };
  for (const [path, found] of Object.entries(languages)) assert.equal(language(path), found, path);
  assert.equal(language("/root/run", "#!/bin/sh\n"), "shell");
  assert.equal(language("/root/run", "#!/usr/bin/env python3\n"), "python");
  assert.equal(language("/root/run", "echo #!/bin/sh\n"), "");
});

test("a size is read at a glance", () => {
  const units = ["B", "kB", "MB"];
  assert.equal(size(12, "en", units), "12 B");
  assert.equal(size(1536, "en", units), "1.5 kB");
  assert.equal(size(20_000_000, "fr", units), "20 MB");
});
