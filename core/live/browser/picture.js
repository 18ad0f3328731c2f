// The cluster as tiles alone, small, beside something else.

import { mount } from "./socket.js";
import { Tiles } from "./tiles.js";

class Picture {
  constructor(component) {
    this.component = component;
    const { data, parentElement } = component;
    this.place = parentElement.querySelector("[data-part=nodes]");
    this.tiles = new Tiles(this.place, data.words, (wish) => this.component.setTriggerValue("availability", wish));
    this.update(component);
  }

  update(component) {
    this.component = component;
    this.tiles.words = component.data.words;
    this.tiles.may = component.data.may;
    if (this.cluster) this.receive(this.cluster);
  }

  link() {}

  receive(message) {
    if (message.topic !== "cluster") return;
    this.cluster = message;
    this.tiles.draw(message, "");
    if (!message.nodes.length) this.tiles.detail.textContent = this.component.data.words.alone;
  }

  close() {
    this.stop();
  }
}

export default mount(Picture);
