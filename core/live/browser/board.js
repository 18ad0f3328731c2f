// The live picture of the cluster: nodes with tiles, and two charts. It draws what the server
// pushes; Streamlit only mounts it, and hears when a viewer presses one of a node's buttons.

import { Chart } from "./charts.js";
import { mount } from "./socket.js";
import { Tiles } from "./tiles.js";

class Board {
  constructor(component) {
    this.component = component;
    const { data, parentElement } = component;
    const at = (name) => parentElement.querySelector(`[data-part="${name}"]`);
    const plotly = `${location.origin}${data.files}/plotly.min.js`;
    this.titles = ["bars", "past"].map((name) => [name, at(`${name}-title`)]);
    this.tiles = new Tiles(at("nodes"), data.words, (wish) => this.component.setTriggerValue("availability", wish));
    this.bars = new Chart(at("bars"), plotly, 15);
    this.past = new Chart(at("past"), plotly, 13);
    this.update(component);
  }

  // A later run of the script: new words or rights, the same board.
  update(component) {
    this.component = component;
    this.tiles.words = component.data.words;
    this.tiles.may = component.data.may;
    for (const [name, title] of this.titles) title.textContent = component.data.words[name];
    if (this.cluster) this.draw();
    if (this.history) this.drawPast();
  }

  link() {}

  receive(message) {
    if (message.topic === "history") {
      this.history = message;
      this.drawPast();
    }
    if (message.topic === "cluster") {
      this.cluster = message;
      this.draw();
    }
  }

  draw() {
    const { services, figures } = this.cluster;
    // With several services, the page's choice is the one that is drawn, and the others fade.
    const wanted = this.component.data.service;
    const service = services.length > 1 && figures[wanted] ? wanted : "";
    this.tiles.draw(this.cluster, service);
    this.bars.draw(figures[service]);
  }

  drawPast() {
    const { figures } = this.history;
    this.past.draw(figures[this.component.data.service] || figures[""]);
  }

  close() {
    this.stop();
    this.bars.close();
    this.past.close();
  }
}

export default mount(Board);
