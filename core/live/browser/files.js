// The files of a machine on a page: they stay while the page's script runs again.

import { Component, mount } from "./component.js";
import { FilesPanel } from "./files_panel.js";

/** @import { PanelData } from "./files_panel.js" */
/** @import { Run } from "./types" */

/** @extends {Component<PanelData>} */
class Files extends Component {
  shown = ""; // which machine and folder, of which cluster, in which language
  ended = new AbortController();

  constructor(/** @type {Run<PanelData>} */ run) {
    super(run);
    this.root = /** @type {HTMLElement} */ (run.parentElement.querySelector(".essaim-files"));
    this.panel = this.begun();
    const heard = { signal: this.ended.signal, passive: true };
    addEventListener("focus", () => this.panel.refresh(), heard);
    addEventListener("pagehide", () => this.panel.files.keep(), heard);
    addEventListener("storage", ({ key }) => this.panel.drafts.holds(key) && this.panel.draw(), heard);
    addEventListener("essaim-typed", (event) => this.panel.typed(/** @type {CustomEvent} */ (event).detail), heard);
    const seen = () => (document.hidden ? this.panel.files.keep() : this.panel.refresh());
    document.addEventListener("visibilitychange", seen, heard);
  }

  begun() {
    const { machine, folder, place, cluster, language } = this.data;
    this.shown = JSON.stringify([machine, folder, place, cluster, language]);
    return new FilesPanel(this.root, this.data, (unsaved) => this.send("unsaved", unsaved));
  }

  /** A later run of the page's script may show another machine. @param {Run<PanelData>} run */
  update(run) {
    this.run = run;
    const { machine, folder, place, cluster, language } = run.data;
    if (this.shown === JSON.stringify([machine, folder, place, cluster, language])) return;
    this.panel.close();
    this.panel = this.begun();
  }

  close() {
    this.ended.abort();
    this.panel.close();
    super.close();
  }
}

export default mount(Files);
