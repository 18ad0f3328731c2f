// The files of a machine on a page: they stay while the page's script runs again.

import { Component, mount } from "./component.js";
import { FilesPanel } from "./files_panel.js";
import { follow } from "./in_front.js";

/** @import { PanelData } from "./files_panel.js" */
/** @import { Run } from "./types" */

/** @extends {Component<PanelData>} */
class Files extends Component {
  shown = ""; // which machine and folder, of which cluster, in which language
  ended = new AbortController();
  front = ""; // the machine whose terminals the page shows

  constructor(/** @type {Run<PanelData>} */ run) {
    super(run);
    this.root = /** @type {HTMLElement} */ (run.parentElement.querySelector(".essaim-files"));
    this.panel = this.begun();
    const heard = { signal: this.ended.signal, passive: true };
    addEventListener("focus", () => this.panel.refresh(), heard);
    addEventListener("pagehide", () => this.panel.files.keep(), heard);
    addEventListener("storage", ({ key }) => this.panel.drafts.holds(key) && this.panel.draw(), heard);
    const seen = () => (document.hidden ? this.panel.files.keep() : this.panel.refresh());
    document.addEventListener("visibilitychange", seen, heard);
    this.leave = follow({
      show: (machine) => {
        this.front = machine;
        this.update(this.run);
      },
      typed: (machine, enter) => this.panel.typed(machine, enter),
    });
  }

  /** What the page tells, for the machine in front if it follows that. */
  told() {
    const { data } = this;
    return data.follows && this.front ? { ...data, machine: this.front } : data;
  }

  begun() {
    const data = this.told();
    this.shown = identity(data);
    return new FilesPanel(this.root, data, (unsaved) => this.send("unsaved", unsaved));
  }

  /** A later run of the page's script may show another machine. @param {Run<PanelData>} run */
  update(run) {
    this.run = run;
    if (this.shown === identity(this.told())) return;
    this.panel.close();
    this.panel = this.begun();
  }

  close() {
    this.ended.abort();
    this.leave();
    this.panel.close();
    super.close();
  }
}

/** Which files are shown, and in which words. @param {PanelData} data */
function identity({ machine, folder, place, cluster, language }) {
  return JSON.stringify([machine, folder, place, cluster, language]);
}

export default mount(Files);
