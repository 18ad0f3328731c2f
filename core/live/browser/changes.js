// Applies a patch to the content of a message: core/live/changes.py says how a patch is written. Whatever has not
// changed stays the very same object.

/** @import { Patch } from "./types" */

/** @param {any} old @param {Patch} patch @returns {any} */
export function changed(old, patch) {
  if (Array.isArray(patch)) return patch[0];
  if (Array.isArray(old)) return inList(old, patch);
  const made = { ...old };
  for (const [key, each] of Object.entries(patch)) {
    if (Array.isArray(each) && !each.length) delete made[key];
    else made[key] = changed(old[key], each);
  }
  return made;
}

function inList(/** @type {any[]} */ old, /** @type {Patch} */ { of, ids, at, keep, add }) {
  if (keep) return [...old.slice(...keep), ...add];
  if (at) return old.map((item, place) => (place in at ? changed(item, at[place]) : item));
  const known = new Map(old.map((item) => [item.id, item]));
  for (const [id, each] of Object.entries(of)) known.set(id, changed(known.get(id), each));
  return (ids || old.map((item) => item.id)).map((/** @type {string} */ id) => known.get(id));
}
