import assert from "node:assert/strict";
import { test } from "node:test";
import { controlled, pasted, unsent } from "../../core/live/browser/keys.js";

test("a letter with Ctrl is a control code", () => {
  assert.equal(controlled("c"), "\x03");
  assert.equal(controlled("C"), "\x03");
  assert.equal(controlled("["), "\x1b");
  assert.equal(controlled(" "), "\0");
  assert.equal(controlled("é"), "é");
  assert.equal(controlled("\x1b[A"), "\x1b[A");
});

test("a paste holds no control codes, so that it cannot end its own mark", () => {
  assert.equal(pasted("ls\x1b[201~; rm -r /\x03\x9b"), "ls[201~; rm -r /");
  assert.equal(pasted("a\tb\r\nc\n"), "a\tb\r\nc\n");
});

test("a line that is only typed runs nothing", () => {
  assert.equal(unsent("docker ps\rrm x\n\tls\x04"), "docker ps rm x ls");
});
