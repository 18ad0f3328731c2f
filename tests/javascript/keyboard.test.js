import assert from "node:assert/strict";
import { test } from "node:test";
import { Keyboard } from "../../core/live/browser/keyboard.js";

globalThis.navigator ??= {}; // node before 21 has none

const press = (code, key, { shift = false, caps = false } = {}) => ({
  code,
  key,
  shiftKey: shift,
  getModifierState: () => caps,
});
const keyboard = (...pressed) => {
  const made = new Keyboard(() => {});
  for (const event of pressed) made.read(event);
  return made;
};
const read = (...event) => keyboard().read(press(...event));

test("a figure is known by its place", () => {
  assert.equal(read("Digit6", "-"), "6"); // French, without Shift
  assert.equal(read("Digit6", "6", { shift: true }), "6");
  assert.equal(read("Numpad4", "4"), "4");
  assert.equal(read("Numpad4", "ArrowLeft"), "ArrowLeft"); // without NumLock
});

test("plus and minus are known by what they type, else by their place", () => {
  assert.equal(read("Equal", "="), "+");
  assert.equal(read("NumpadAdd", "+"), "+");
  assert.equal(read("Slash", "-"), "-"); // German
  assert.equal(read("Equal", "´"), "+");
  assert.equal(read("Minus", ")"), "-");
});

test("a letter is what it types, and its place's where it is not Latin", () => {
  assert.equal(read("KeyQ", "A"), "a");
  assert.equal(read("KeyC", "с"), "c"); // Cyrillic
  assert.equal(read("PageUp", "PageUp"), "PageUp");
});

test("figures say what their keys type", () => {
  const french = [..."&é\"'(-è_ç"].map((key, index) => press(`Digit${index + 1}`, key));
  assert.equal(keyboard().label("1…9"), "1 … 9");
  assert.equal(keyboard(...french).label("1…9"), "1 … 9 (& … ç)");
  assert.equal(keyboard(french[0], french[1]).label("1…9"), "1 … 9 (& é)");
  assert.equal(keyboard(...french).label("3"), '3 "');
  assert.equal(keyboard(...french).label("-"), ""); // its only key is 6
});

test("a Latin letter is found on a key that types another alphabet", () => {
  assert.equal(keyboard(press("KeyC", "с")).label("c"), "с");
  assert.equal(keyboard(press("KeyQ", "a")).label("a"), "a");
});

test("with Shift or Caps Lock nothing is learned", () => {
  const made = keyboard(press("Digit1", "!", { shift: true }), press("Digit2", "É", { caps: true }));
  assert.equal(made.printed.size, 0);
});
