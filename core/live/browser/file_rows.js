// The rows of a tree of files: what is on the machine as far as its folders are open, and what is only typed yet.

import { join, within } from "./file_names.js";

/** @import { Entry } from "./machine_files.js" */
/**
 * @typedef Row
 * @property {string} id the path
 * @property {string} name
 * @property {"file" | "folder" | "link"} kind
 * @property {number} level from 1
 * @property {boolean} open of a folder
 * @property {boolean} unsaved it, or something in it
 * @property {boolean} there it is on the machine
 * @property {number} place among its neighbours, from 1
 * @property {number} count of its neighbours, itself included
 * @property {Entry} [entry]
 */

/**
 * @param {string} root the folder whose content is shown
 * @param {Map<string, Entry[]>} listings of folders by path
 * @param {Set<string>} open the paths of open folders
 * @param {string[]} unsaved paths of files
 * @returns {Row[]} from top to bottom
 */
export function rows(root, listings, open, unsaved) {
  const typed = unsaved.filter((path) => path !== root && within(path, root));

  /** @param {string} folder @param {number} level @returns {Row[]} */
  const inside = (folder, level) => {
    const entries = listings.get(folder) || [];
    const known = entries.map(({ name }) => join(folder, name));
    // An unsaved file whose folder is gone stands in the nearest folder that is there.
    const lone = typed.filter(
      (path) => within(path, folder) && !known.some((each) => within(path, each)) && listings.has(folder),
    );
    const count = entries.length + lone.length;
    const shown = entries.flatMap((entry, index) => {
      const id = join(folder, entry.name);
      const isOpen = entry.kind === "folder" && open.has(id);
      const changed = typed.some((path) => within(path, id));
      const row = { id, name: entry.name, kind: entry.kind, level, open: isOpen, unsaved: changed, there: true };
      return [{ ...row, place: index + 1, count, entry }, ...(isOpen ? inside(id, level + 1) : [])];
    });
    const above = join(folder, "").length;
    const only = lone.map((id, index) => {
      const place = entries.length + index + 1;
      return { id, name: id.slice(above), kind: "file", level, open: false, unsaved: true, there: false, place, count };
    });
    return [...shown, .../** @type {Row[]} */ (only)];
  };

  return inside(root, 1);
}

/**
 * Where a key leads in the tree, as in every tree (WAI-ARIA): the id of another row, or a folder to open or to close.
 * @param {Row[]} shown
 * @param {string} at the id of the row that has the keyboard
 * @param {string} key
 * @returns {{ to?: string, open?: string, close?: string } | null}
 */
export function step(shown, at, key) {
  const index = shown.findIndex(({ id }) => id === at);
  const row = shown[index];
  const to = (/** @type {Row | undefined} */ next) => (next ? { to: next.id } : {});
  if (!row) return null;
  if (key === "ArrowDown") return to(shown[index + 1]);
  if (key === "ArrowUp") return to(shown[index - 1]);
  if (key === "Home") return to(shown[0]);
  if (key === "End") return to(shown.at(-1));
  if (key === "ArrowRight") {
    if (row.kind !== "folder") return {};
    const next = shown[index + 1];
    return row.open ? to(next && next.level > row.level ? next : undefined) : { open: row.id };
  }
  if (key === "ArrowLeft") {
    if (row.open) return { close: row.id };
    return to(shown.slice(0, index).findLast(({ level }) => level < row.level));
  }
  return null;
}
