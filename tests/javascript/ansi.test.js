import assert from "node:assert/strict";
import { test } from "node:test";
import { styled } from "../../core/live/browser/ansi.js";

/** The pieces, with only what their styles set. */
const pieces = (text) =>
  styled(text).map(({ text: seen, style }) => [
    seen,
    Object.fromEntries(Object.entries(style).filter(([, value]) => value)),
  ]);

test("plain text is one piece", () => assert.deepEqual(pieces("web\tup\n"), [["web\tup\n", {}]]));

test("codes add up until they are reset", () => {
  assert.deepEqual(pieces("\x1b[1;31mred\x1b[22m thin\x1b[39;44m on blue\x1b[0m end"), [
    ["red", { bold: true, ink: "#d0342c" }],
    [" thin", { ink: "#d0342c" }],
    [" on blue", { ground: "#2f6fdb" }],
    [" end", {}],
  ]);
});

test("an empty code resets", () => {
  assert.deepEqual(pieces("\x1b[3;4ma\x1b[mb"), [
    ["a", { italic: true, under: true }],
    ["b", {}],
  ]);
});

test("256 and direct colours", () => {
  assert.deepEqual(pieces("\x1b[38;5;196mcube\x1b[48;5;244mgrey\x1b[38;2;1;2;3mown\x1b[0;91mbright"), [
    ["cube", { ink: "rgb(255,0,0)" }],
    ["grey", { ink: "rgb(255,0,0)", ground: "rgb(128,128,128)" }],
    ["own", { ink: "rgb(1,2,3)", ground: "rgb(128,128,128)" }],
    ["bright", { ink: "#d0342c" }],
  ]);
});

test("a colour out of range is none", () => {
  assert.deepEqual(pieces("\x1b[38;5;300ma\x1b[38;2;1;2mb"), [
    ["a", {}],
    ["b", {}],
  ]);
});

test("other sequences and control characters are not shown", () => {
  const shown = styled("\x1b[2Ja\x1b]0;title\x07\x00b\x1b(Bc\r");
  assert.equal(shown.map(({ text }) => text).join(""), "abc");
});
