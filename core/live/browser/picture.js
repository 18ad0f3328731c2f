// A small live picture beside a console or a lab: the Swarm's nodes with their tiles, or the containers and images of
// one engine.

import { Component, mount } from "./component.js";
import { element } from "./dom.js";
import { Tiles } from "./tiles.js";

/** @import { MenuRights, News, PageData, Topic, Words } from "./types" */
/** @typedef {PageData & { swarm: boolean, may: boolean, menu: MenuRights, words: Words }} Data */

/** @type {Record<string, string>} */
const SIGNS = { running: "●", created: "○", paused: "‖", restarting: "↻", exited: "■", dead: "✕" };
const MOST = 14; // containers that are shown

/** @extends {Component<Data>} */
class Picture extends Component {
  /** @type {Topic[]} */ topics = ["cluster", "engine"];
  tiles = new Tiles(
    this.at("nodes"),
    (wish) => this.send("availability", wish),
    (wish) => this.send("tile", wish),
  );

  draw() {
    const { swarm, words } = this.data;
    const { cluster, engine } = this.news;
    this.at("nodes").hidden = !swarm;
    this.at("engine").hidden = swarm;
    if (swarm && cluster) {
      this.tiles.draw(cluster, "", this.data);
      if (!cluster.nodes.length && words.alone) this.tiles.detail.textContent = words.alone;
    }
    if (!swarm && engine) this.at("engine").replaceChildren(this.engine(engine));
  }

  engine(/** @type {News["engine"]} */ { name, containers, images }) {
    const { words } = this.data;
    const box = element("section", "essaim-node");
    element("div", "essaim-node-name", box, name);
    element("div", "essaim-node-facts", box, words.containers);
    for (const each of containers.slice(0, MOST)) {
      const tile = element("div", "essaim-tile essaim-container", box);
      tile.dataset.phase = each.state === "running" ? "running" : "done";
      element("span", "essaim-sign", tile, SIGNS[each.state] || "?");
      const ports = each.ports.length ? ` · ${each.ports.join(" ")}` : "";
      element("span", "essaim-name", tile, `${each.name} · ${each.image}${ports}`);
      tile.title = `${each.name} · ${each.image} · ${each.command} · ${each.state}`;
    }
    if (!containers.length) element("div", "essaim-none", box, words.no_container);
    element("div", "essaim-node-facts", box, words.images);
    element("div", "essaim-none", box, images.join(", ") || words.no_image);
    return box;
  }
}

export default mount(Picture);
