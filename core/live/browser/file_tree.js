// The tree of a machine's files on the screen: one row for each file and folder, moved through with the keys of a tree.

import { Children, element, setLabel, setText } from "./dom.js";
import { step } from "./file_rows.js";

/** @import { Row } from "./file_rows.js" */
/** @import { Words } from "./types" */
/**
 * @typedef Actions
 * @property {(row: Row) => void} choose a file to edit; a folder to open or close
 * @property {(folder: string, open: boolean) => void} open
 * @property {(key: string) => boolean} key another key; whether it did something
 * @property {() => void} selected that the buttons act on another row
 */

const ICONS = { folder: "folder", file: "description", link: "link" };

export class FileTree {
  at = ""; // the id of the row that has the keyboard
  chosen = ""; // and of the one that somebody chose: the buttons act on it
  /** @type {Row[]} */ rows = [];

  /** @param {Element} parent @param {string} label @param {Words} words @param {Actions} actions */
  constructor(parent, label, words, actions) {
    this.words = words;
    this.actions = actions;
    this.root = element("ul", "essaim-tree", parent);
    this.root.setAttribute("role", "tree");
    setLabel(this.root, label);
    this.children = new Children(this.root, (/** @type {Row} */ row) => this.made(row));
    this.root.onkeydown = (event) => this.key(event);
  }

  get selected() {
    return this.rows.find(({ id }) => id === this.chosen);
  }

  made(/** @type {Row} */ { id }) {
    const root = element("li", "essaim-file");
    root.setAttribute("role", "treeitem");
    const icon = element("span", "essaim-icon", root);
    icon.setAttribute("aria-hidden", "true");
    const name = element("span", "essaim-name", root);
    const mark = element("span", "essaim-mark", root);
    root.onclick = () => {
      const row = this.rows.find((each) => each.id === id);
      if (!row) return;
      this.select(id, true);
      this.actions.choose(row);
    };
    root.onfocus = () => this.reach(id);
    return { root, icon, name, mark };
  }

  /** @param {Row[]} rows @param {string} shown the path in the editor */
  draw(rows, shown) {
    this.rows = rows;
    if (!this.selected) this.chosen = shown; // if that is in the tree
    if (!rows.some(({ id }) => id === this.at)) this.at = this.selected?.id || rows[0]?.id || "";
    for (const [{ root, icon, name, mark }, row] of this.children.update(rows)) {
      root.dataset.path = row.id;
      root.dataset.kind = row.kind;
      root.dataset.there = String(row.there);
      root.style.setProperty("--level", String(row.level));
      setText(icon, row.open ? "folder_open" : ICONS[row.kind]);
      setText(name, row.name);
      setText(mark, row.unsaved ? "●" : "");
      setLabel(root, row.unsaved ? `${row.name}, ${this.words.unsaved}` : row.name);
      for (const [attribute, value] of /** @type {const} */ ([
        ["aria-level", row.level],
        ["aria-posinset", row.place],
        ["aria-setsize", row.count],
        ["aria-selected", row.id === this.selected?.id],
        ["aria-current", row.id === shown],
      ])) {
        root.setAttribute(attribute, String(value));
      }
      if (row.kind === "folder") root.setAttribute("aria-expanded", String(row.open));
      root.tabIndex = row.id === this.at ? 0 : -1;
    }
  }

  /** @param {string} id @param {boolean} focus */
  select(id, focus) {
    this.chosen = id;
    this.reach(id);
    for (const [row, { root }] of this.children.views) {
      root.setAttribute("aria-selected", String(row === id));
      if (row === id && focus) root.focus();
    }
    this.actions.selected();
  }

  /** The keyboard is there, or comes there by Tab. @param {string} id */
  reach(id) {
    this.at = id;
    for (const [row, { root }] of this.children.views) root.tabIndex = row === id ? 0 : -1;
  }

  focus() {
    for (const [row, { root }] of this.children.views) if (row === this.at) root.focus();
  }

  key(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const row = this.rows.find(({ id }) => id === this.at);
    const moved = step(this.rows, this.at, event.key);
    if (moved?.to) this.select(moved.to, true);
    else if (moved?.open) this.actions.open(moved.open, true);
    else if (moved?.close) this.actions.open(moved.close, false);
    else if (row && (event.key === "Enter" || event.key === " ")) {
      this.select(row.id, true);
      this.actions.choose(row);
    } else if (!moved && !this.actions.key(event.key)) return;
    event.preventDefault();
  }
}
