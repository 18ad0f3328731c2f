// The teacher's grid: learners by steps of a lab, or by labs. A learner keeps the row's element, so that nothing flickers
// and the focus stays while the class goes on.

import { Component, mount } from "./component.js";
import { button, Children, element, setLabel, setText } from "./dom.js";
import { fill } from "./texts.js";

/** @import { PageData, Words } from "./types" */
/** @typedef {{ title: string, short: string, link: string, here: number, most: boolean }} Column */
/** @typedef {{ id: string, name: string, looks: boolean, marks: string[], texts: string[], now: string }} Row */
/** @typedef {PageData & { view: string, wide: boolean, caption: string, columns: Column[], rows: Row[], words: Words }} Data */
/** @typedef {ReturnType<Grid["makeRow"]>} RowView */

/** @type {Record<string, string>} */
export const SIGNS = { done: "✓", given: "=", skipped: "↷", at: "●", stuck: "▲", left: "○", open: "" };

/** @extends {Component<Data>} */
class Grid extends Component {
  view = "";
  /** @type {Children<Row, RowView> | undefined} */ rows;

  draw() {
    const { view, caption, columns, rows, words } = this.data;
    if (view !== this.view || !this.rows) this.begin(view);
    setText(this.at("caption"), caption);
    this.head(columns, words);
    for (const [shown, row] of this.rows?.update(rows) || []) this.fillRow(shown, row, columns, words);
    this.legend(words);
  }

  /** Another lab or language has other columns: all elements are made anew. @param {string} view */
  begin(view) {
    this.view = view;
    this.at("rows").dataset.wide = String(this.data.wide);
    this.at("rows").replaceChildren();
    this.at("columns").replaceChildren();
    this.at("legend").replaceChildren();
    this.rows = new Children(this.at("rows"), (row) => this.makeRow(row));
  }

  head(/** @type {Column[]} */ columns, /** @type {Words} */ words) {
    const place = this.at("columns");
    if (!place.children.length) {
      element("th", "essaim-grid-learner", place, words.learner).scope = "col";
      for (const { title, short, link } of columns) {
        const cell = element("th", "", place);
        cell.scope = "col";
        const anchor = element("a", "", cell);
        const hint = fill(words.leads, { title: `${short}. ${title}` });
        Object.assign(anchor, { href: link, target: "_blank", rel: "noopener", title: hint });
        element("strong", "", anchor, short);
        element("span", "essaim-grid-title", anchor, title);
        element("span", "essaim-grid-here", cell);
      }
      element("th", "essaim-grid-now", place, words.now).scope = "col";
    }
    columns.forEach(({ here, most }, index) => {
      const cell = place.children[index + 1];
      cell.dataset.most = String(most);
      const told = cell.querySelector(".essaim-grid-here");
      setText(told, here ? `${SIGNS.at} ${here}` : "");
      told.title = here ? fill(words.here, { count: String(here) }) : "";
    });
  }

  makeRow(/** @type {Row} */ row) {
    const root = document.createElement("tr");
    const head = element("th", "essaim-grid-learner", root);
    head.scope = "row";
    const name = row.looks ? button("", head, "", () => this.send("look", row.id)) : element("span", "", head);
    const marks = row.marks.map(() => {
      const cell = element("td", "", root);
      return { cell, sign: element("span", "essaim-grid-sign", cell), text: element("span", "", cell) };
    });
    return { root, name, marks, now: element("td", "essaim-grid-now", root) };
  }

  /** @param {RowView} shown @param {Row} row @param {Column[]} columns @param {Words} words */
  fillRow(shown, row, columns, words) {
    setText(shown.name, row.name);
    shown.name.title = row.looks ? fill(words.look, { name: row.name }) : row.name;
    shown.marks.forEach(({ cell, sign, text }, index) => {
      const [mark, told, { short, title }] = [row.marks[index], row.texts[index], columns[index]];
      cell.dataset.mark = mark;
      setText(sign, SIGNS[mark]);
      setText(text, told);
      const what = [words[`mark_${mark}`], told].filter(Boolean).join(", ");
      setLabel(cell, `${row.name} · ${short}. ${title}: ${what}`, true);
    });
    setText(shown.now, row.now);
  }

  legend(/** @type {Words} */ words) {
    const place = this.at("legend");
    if (place.children.length) return;
    for (const [mark, sign] of Object.entries(SIGNS)) {
      const line = element("li", "", place);
      const sample = element("span", "essaim-grid-sample", line, sign);
      sample.dataset.mark = mark;
      element("span", "", line, words[`mark_${mark}`]);
    }
  }
}

export default mount(Grid);
