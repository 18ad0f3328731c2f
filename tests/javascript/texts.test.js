import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, fill, number } from "../../core/live/browser/texts.js";

test("names in braces are replaced, unknown ones stay", () => {
  assert.equal(fill("{count} of {replicas}, {other}", { count: 0, replicas: "$&" }), "0 of $&, {other}");
});

test("a count takes its language's form", () => {
  const words = { votes_one: "{count} vote", votes_other: "{count} votes" };
  assert.equal(counted("votes", 0, { words, language: "en" }), "0 votes");
  assert.equal(counted("votes", 0, { words, language: "fr" }), "0 vote");
  assert.equal(counted("votes", "?", { words, language: "fr" }), "? votes");
});

test("a number is written as its language does, nothing as a dash", () => {
  assert.equal(number(1234.5, "en", 1), "1,234.5");
  assert.equal(number(0.25, "fr", 2), "0,25");
  assert.equal(number(null, "fr"), "–");
});
