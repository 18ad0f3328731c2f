// What is kept of a viewer's choices.

import assert from "node:assert/strict";
import test from "node:test";

import { merged, valueOf } from "../../core/live/browser/choices.js";

test("the cookie is found among others, by its whole name", () => {
  const cookies = "my_essaim_choices=no; essaim_choices=lang=fr&role=learn; other=1";
  assert.equal(valueOf(cookies, "essaim_choices"), "lang=fr&role=learn");
  assert.equal(valueOf("other=1", "essaim_choices"), "");
  assert.equal(valueOf("", "essaim_choices"), "");
});

test("a choice takes the place of the earlier one and leaves the others", () => {
  assert.equal(merged("lang=fr&role=learn", { lang: "en" }), "lang=en&role=learn");
  assert.equal(merged("", { role: "teach" }), "role=teach");
});

test("no choice writes an attribute of the cookie", () => {
  assert.equal(merged("", { lang: "fr; Domain=example.org" }), "lang=fr%3B+Domain%3Dexample.org");
});
