// The live picture of the cluster: nodes with tiles, and two charts. Streamlit only mounts it, and hears when a
// viewer presses one of a node's buttons.

import { Chart } from "./charts.js";
import { Component, mount } from "./component.js";
import { setText } from "./dom.js";
import { Tiles } from "./tiles.js";

/** @import { MenuRights, PageData, Run, Topic, Words } from "./types" */
/** @typedef {PageData & { service: string, may: boolean, menu: MenuRights, words: Words }} Data service: the chosen one */

/** @extends {Component<Data>} */
class Board extends Component {
  /** @type {Topic[]} */ topics = ["cluster", "history"];

  constructor(/** @type {Run<Data>} */ run) {
    super(run);
    this.tiles = new Tiles(
      this.at("nodes"),
      (wish) => this.send("availability", wish),
      (wish) => this.send("tile", wish),
    );
    this.bars = new Chart(this.at("bars"), run.data, 15);
    this.past = new Chart(this.at("past"), run.data, 13);
  }

  /** @param {Topic} [topic] */
  draw(topic) {
    const { words, service } = this.data;
    const { cluster, history } = this.news;
    setText(this.at("bars-title"), words.bars);
    setText(this.at("past-title"), words.past);
    if (history && topic !== "cluster") this.past.draw(history.figures[service] || history.figures[""]);
    if (!cluster || topic === "history") return;
    // With several services, the chosen one is drawn and the others fade.
    const chosen = cluster.services.length > 1 && cluster.figures[service] ? service : "";
    this.tiles.draw(cluster, chosen, this.data);
    this.bars.draw(cluster.figures[chosen]);
  }

  close() {
    super.close();
    this.bars.close();
    this.past.close();
  }
}

export default mount(Board);
