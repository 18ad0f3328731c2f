// A compact live picture beside a lab: the Swarm's nodes with their tiles, or the containers and the
// images of one engine.

import { mount } from "./socket.js";
import { Tiles } from "./tiles.js";

const SIGNS = { running: "●", created: "○", paused: "‖", restarting: "↻", exited: "■", dead: "✕" };

class Scene {
  constructor(component) {
    const at = (name) => component.parentElement.querySelector(`[data-part="${name}"]`);
    this.nodes = at("nodes");
    this.engine = at("engine");
    this.component = component;
    this.tiles = new Tiles(this.nodes, component.data.words, (wish) =>
      this.component.setTriggerValue("availability", wish),
    );
    this.update(component);
  }

  update(component) {
    this.component = component;
    this.tiles.words = component.data.words;
    this.tiles.may = component.data.may;
    this.draw();
  }

  link() {}

  receive(message) {
    if (message.topic === "cluster") this.cluster = message;
    else if (message.topic === "engine") this.containers = message;
    else return;
    this.draw();
  }

  draw() {
    const swarm = this.component.data.swarm;
    this.nodes.hidden = !swarm;
    this.engine.hidden = swarm;
    if (swarm && this.cluster) this.tiles.draw(this.cluster, "");
    if (!swarm && this.containers) this.drawEngine();
  }

  drawEngine() {
    const { words } = this.component.data;
    const { name, containers, images } = this.containers;
    const made = document.createElement("section");
    made.className = "essaim-node";
    made.append(line("essaim-node-name", name));
    made.append(line("essaim-node-facts", words.containers));
    for (const each of containers.slice(0, 14)) {
      const tile = line("essaim-tile essaim-container", "");
      tile.dataset.phase = each.state === "running" ? "running" : "done";
      tile.append(line("essaim-sign", SIGNS[each.state] || "?", "span"));
      const ports = each.ports.length ? ` · ${each.ports.join(" ")}` : "";
      tile.append(line("essaim-name", `${each.name} · ${each.image}${ports}`, "span"));
      tile.title = `${each.name} · ${each.image} · ${each.command} · ${each.state}`;
      made.append(tile);
    }
    if (!containers.length) made.append(line("essaim-none", words.no_container));
    made.append(line("essaim-node-facts", words.images));
    made.append(line("essaim-none", images.join(", ") || words.no_image));
    this.engine.replaceChildren(made);
  }

  close() {
    this.stop();
  }
}

function line(className, text, kind = "div") {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

export default mount(Scene);
