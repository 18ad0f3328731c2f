// Makes the content of a message from the one before and what has changed: core/live/changes.py says
// how a patch is written. What has not changed stays the very same object.

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

function inList(old, { of, ids, at, keep, add }) {
  if (keep) return [...old.slice(...keep), ...add];
  if (at) return old.map((item, place) => (place in at ? changed(item, at[place]) : item));
  const known = new Map(old.map((item) => [item.id, item]));
  for (const [id, each] of Object.entries(of)) known.set(id, changed(known.get(id), each));
  return (ids || old.map((item) => item.id)).map((id) => known.get(id));
}
