// The docker lines of a cluster: what was clicked and what was typed, to be copied as a program.

import { button, copy, element, setLabel } from "./dom.js";
import { clock } from "./texts.js";

/** @import { Words } from "./types" */
/**
 * @typedef {{ number: number, time: number, who: string, machine: string, line: string, python: string, code: number,
 *   refused: string }} Line machine: where it was typed, "" for a click; python: without its beginning
 */

const COPIED_MS = 4000;
const MOST = 200; // lines, as the server keeps
export const HEADER = "import docker\n\nclient = docker.from_env()\n";

/** All that was done, as a shell script. @param {Iterable<Line>} lines */
export function shellScript(lines) {
  const told = [...lines].map((each) =>
    each.refused ? comment(`refused: ${each.line}${place(each)}`) : `${each.line}${place(each)}`,
  );
  return ["#!/bin/sh", ...told, ""].join("\n");
}

/** The same with docker-py. @param {Iterable<Line>} lines */
export function pythonScript(lines) {
  let text = HEADER;
  for (const each of lines) {
    if (each.refused) text += `\n${comment(`refused: ${each.line}`)}\n`;
    else text += `\n${comment(`${each.line}${place(each)}`)}\n${each.python}\n`;
  }
  return text;
}

/** @param {Line} line */
function place({ machine }) {
  return machine ? `  ${comment(`on ${machine}`)}` : "";
}

/** A line that says this, whatever was typed: it stays one comment. @param {string} text */
function comment(text) {
  return `# ${text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")}`;
}

export class Journal {
  /** @type {Map<number, { line: Line, row: HTMLElement }>} */ lines = new Map(); // by number, in their order

  /** @param {Element} parent @param {Words} words */
  constructor(parent, words) {
    this.words = words;
    const root = element("section", "essaim-journal", parent);
    setLabel(root, words.journal);
    const head = element("div", "essaim-tools", root);
    element("strong", "", head, words.journal);
    const offers = { shell: shellScript, python: pythonScript };
    for (const [kind, write] of Object.entries(offers)) {
      button("", head, words[kind], () => {
        copy(write([...this.lines.values()].map(({ line }) => line)));
        note.textContent = words.copied;
        setTimeout(() => (note.textContent = ""), COPIED_MS);
      });
    }
    const note = element("span", "essaim-note", head);
    note.setAttribute("role", "status");
    this.list = element("div", "essaim-journal-lines", root);
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "log");
    setLabel(this.list, words.journal);
    this.empty = element("p", "essaim-welcome", this.list, words.nothing);
  }

  /** All lines come again. */
  begin() {
    for (const { row } of this.lines.values()) row.remove();
    this.lines.clear();
    this.empty.hidden = false;
  }

  add(/** @type {Line} */ line) {
    if (this.lines.has(line.number)) return;
    const { list } = this;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    this.empty.hidden = true;
    const row = element("div", "essaim-record");
    row.dataset.refused = String(Boolean(line.refused));
    element("span", "essaim-record-facts", row, `${clock(line.time)} ${line.machine || this.words.click}`);
    element("code", "", row, line.line);
    if (line.refused) element("span", "essaim-record-refused", row, `✕ ${line.refused}`);
    const later = [...this.lines].find(([number]) => number > line.number);
    list.insertBefore(row, later?.[1].row || null);
    this.lines.set(line.number, { line, row });
    if (later) this.lines = new Map([...this.lines].sort(([a], [b]) => a - b));
    const [oldest] = this.lines;
    if (this.lines.size > MOST) {
      oldest[1].row.remove();
      this.lines.delete(oldest[0]);
    }
    if (atEnd) list.scrollTop = list.scrollHeight;
  }
}
