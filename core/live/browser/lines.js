// The lines of a lab's step: on which machine each belongs, a button that copies it, and one that runs it there.

import { Component, mount } from "./component.js";
import { button, Children, copy, element, setLabel, setText } from "./dom.js";
import { fill } from "./texts.js";
import { ask, forget, show, toFront } from "./wishes.js";

/** @import { PageData, Run, Words } from "./types" */
/**
 * @typedef {{ text: string, machine: string, where: string, runs: boolean }} Line machine: whose terminal runs it;
 *   where: what stands above it; runs: whether it can run on this page
 * @typedef {PageData & { lines: Line[], words: Words }} Data
 */

const COPIED_MS = 2000;

/** @extends {Component<Data>} */
class Lines extends Component {
  /** @type {Children<Line & { id: string }, ReturnType<Lines["row"]>>} */ rows;

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    const root = /** @type {HTMLElement} */ (run.parentElement.querySelector(".essaim-lines"));
    this.rows = new Children(root, () => this.row());
    const step = document.querySelector(".st-key-lab_step");
    if (!run.data.words.up || !step) return;
    // On a phone the terminals stand below the step: this leads back up.
    const up = button("essaim-todo-up", run.parentElement, run.data.words.up, () => show(step));
    up.hidden = true;
    this.watch = new IntersectionObserver(([{ isIntersecting }]) => (up.hidden = isIntersecting), { threshold: 0 });
    this.watch.observe(step);
  }

  row() {
    const root = element("div", "essaim-todo");
    const where = element("span", "essaim-todo-where", root);
    const text = element("code", "", root);
    const copies = button("essaim-todo-copy", root, "", () => {
      copy(text.textContent || "");
      copies.dataset.done = "true";
      setLabel(copies, this.data.words.copied, true);
      setTimeout(() => {
        delete copies.dataset.done;
        setLabel(copies, this.data.words.copy, true);
      }, COPIED_MS);
    });
    const runs = button("essaim-todo-run", root, "");
    return { root, where, text, copies, runs };
  }

  draw() {
    const { lines, words } = this.data;
    const items = lines.map((line, number) => ({ ...line, id: `${number} ${line.machine}` }));
    for (const [view, line] of this.rows.update(items)) {
      setText(view.where, line.where);
      setText(view.text, line.text);
      if (!view.copies.dataset.done) setLabel(view.copies, words.copy, true);
      setText(view.runs, words.run);
      setLabel(view.runs, fill(words.run_line, { line: line.text, machine: line.machine }));
      view.runs.hidden = !line.runs;
      view.runs.onclick = () => {
        ask({ machine: line.machine, line: line.text, run: true });
        toFront();
      };
    }
  }

  close() {
    forget();
    this.watch?.disconnect();
    super.close();
  }
}

export default mount(Lines);
