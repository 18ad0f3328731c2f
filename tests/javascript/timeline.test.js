import assert from "node:assert/strict";
import { test } from "node:test";
import { shownTime } from "../../core/live/browser/timeline.js";

const long = { start: 1000, end: 2000 };

test("a live picture ends now", () => assert.deepEqual(shownTime(long, 2000, 120, true), [1880, 2000]));

test("a chosen instant is in the middle, away from the ends", () => {
  assert.deepEqual(shownTime(long, 1500, 120, false), [1440, 1560]);
  assert.deepEqual(shownTime(long, 1010, 120, false), [1000, 1120]);
  assert.deepEqual(shownTime(long, 1990, 120, false), [1880, 2000]);
});

test("all of it, or less than there is room for, begins at the start", () => {
  assert.deepEqual(shownTime(long, 1500, 0, false), [1000, 2000]);
  assert.deepEqual(shownTime({ start: 1000, end: 1050 }, 1050, 120, true), [1000, 1050]);
});

test("the first seconds are not stretched over the whole width", () => {
  assert.deepEqual(shownTime({ start: 1000, end: 1001 }, 1001, 120, true), [1000, 1020]);
  assert.deepEqual(shownTime({ start: 1000, end: 1001 }, 1001, 0, true), [1000, 1010]);
});
