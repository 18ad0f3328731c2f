// The nodes as columns with their tasks as tiles, changed in place: a tile keeps its element as long
// as its task lives, so nothing flickers and a selection stays.

export const SIGNS = {
  running: "●",
  starting: "◔",
  pending: "?",
  stopping: "▾",
  failed: "✕",
  lost: "∅",
  done: "✓",
};

// How full the fullest column may be before tiles shrink to a number, then to a dot.
const COMPACT = 12;
const DENSE = 60;
// Every task has no node for a moment: only one that waits longer is worth a column, which moves all.
const WAITS_MS = 700;
// How long a node's button asks whether it is meant.
const ASKS_MS = 8000;

function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  if (parent) parent.append(made);
  return made;
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// Make the children of `parent` those of `items`, in order, keeping the elements of known keys.
function reconcile(parent, known, items, make, update) {
  const wanted = new Set(items.map((item) => item.id));
  for (const [id, child] of known) {
    if (!wanted.has(id)) {
      child.remove();
      known.delete(id);
    }
  }
  items.forEach((item, index) => {
    let child = known.get(item.id);
    if (!child) {
      child = make(item);
      known.set(item.id, child);
    }
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] || null);
    update(child, item);
  });
}

export class Tiles {
  constructor(parent, words, act) {
    this.words = words;
    this.act = act; // called with {node, availability}
    this.may = true;
    this.columns = new Map();
    this.selected = null;
    this.asked = null; // the node whose drain is asked about
    this.last = [];
    this.services = [];
    this.root = element("div", "essaim-nodes", parent);
    this.detail = element("div", "essaim-detail", parent);
    this.detail.setAttribute("role", "status");
  }

  draw(cluster, service) {
    const columns = cluster.nodes.map((node) => ({ ...node }));
    clearTimeout(this.later);
    const now = performance.now();
    this.waits = cluster.unplaced.length ? (this.waits ?? now) : null;
    if (this.waits !== null && now - this.waits < WAITS_MS) {
      this.later = setTimeout(() => this.draw(cluster, service), WAITS_MS);
    } else if (this.waits !== null) {
      columns.push({ id: "", name: this.words.nowhere, tiles: cluster.unplaced, nowhere: true });
    }
    const fullest = Math.max(0, ...columns.map((column) => column.tiles.length));
    this.root.dataset.density = fullest > DENSE ? "dense" : fullest > COMPACT ? "compact" : "roomy";
    this.chosen = service;
    this.services = cluster.services || [];
    reconcile(
      this.root,
      this.columns,
      columns,
      (column) => this.makeColumn(column),
      (child, column) => this.updateColumn(child, column),
    );
    this.describe(columns);
  }

  makeColumn(column) {
    const root = element("section", "essaim-node");
    const head = element("header", "", root);
    root.nameLine = element("div", "essaim-node-name", head);
    root.factLine = element("div", "essaim-node-facts", head);
    root.count = element("div", "essaim-node-count", head);
    if (!column.nowhere) {
      const buttons = element("div", "essaim-actions", head);
      root.buttons = ["active", "pause", "drain"].map((availability) => {
        const button = element("button", "", buttons);
        button.type = "button";
        button.textContent = this.words[availability];
        button.title = this.words[`${availability}_help`];
        button.dataset.availability = availability;
        button.onclick = () => this.press(column.id, availability);
        return button;
      });
      // Over the tiles: where the finger is, whatever lies between here and the line below.
      root.asks = element("div", "essaim-asks", head);
      root.asks.setAttribute("role", "status");
    }
    root.grid = element("div", "essaim-tiles", root);
    root.tiles = new Map();
    root.empty = element("div", "essaim-none", root);
    return root;
  }

  // The tiles of the service that is looked at; of all, where none is chosen.
  ofChosen(column) {
    return this.chosen ? column.tiles.filter((tile) => tile.service === this.chosen) : column.tiles;
  }

  // A drain that would leave a service without a replica is asked about, and goes at a second press.
  press(node, availability) {
    const warned = availability === "drain" && this.last.find((column) => column.id === node)?.drain_warning;
    const asks = warned && this.asked !== node;
    this.ask(asks ? node : null);
    if (!asks) this.act({ node, availability });
  }

  ask(node) {
    clearTimeout(this.forgets);
    this.asked = node;
    if (node !== null) this.forgets = setTimeout(() => this.ask(null), ASKS_MS);
    for (const column of this.last) this.updateColumn(this.columns.get(column.id), column);
    this.columns.get(node)?.asks.scrollIntoView({ block: "nearest" });
  }

  updateColumn(root, column) {
    const words = this.words;
    root.dataset.state = column.nowhere ? "nowhere" : column.state === "ready" ? column.availability : "down";
    // A node that has just joined is an id first, and has its name when its engine has told it.
    if (root.nameLine.textContent !== column.name) {
      setText(root.nameLine, column.name);
      root.setAttribute("aria-label", column.name);
    }
    root.nameLine.title = `${column.name} ${column.address || ""}`.trim();
    const facts = column.nowhere
      ? [words.nowhere_help]
      : [
          column.leader ? "manager · leader" : column.role,
          column.state !== "ready" ? column.state : null,
          column.availability !== "active" ? column.availability : null,
        ];
    setText(root.factLine, facts.filter(Boolean).join(" · "));
    const running = this.ofChosen(column).filter((tile) => tile.phase === "running").length;
    setText(root.count, String(column.nowhere ? this.ofChosen(column).length : running));
    const warning = (this.asked === column.id && column.drain_warning) || "";
    if (root.asks) setText(root.asks, warning && `▲ ${warning}`);
    for (const button of root.buttons || []) {
      const asks = button.dataset.availability === "drain" && warning;
      setText(button, asks ? words.anyway : words[button.dataset.availability]);
      button.dataset.asks = String(Boolean(asks));
      const label = `${button.textContent} ${column.name}`;
      if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
      button.setAttribute("aria-pressed", String(button.dataset.availability === column.availability));
      button.disabled = !this.may;
    }
    reconcile(
      root.grid,
      root.tiles,
      column.tiles,
      (tile) => this.makeTile(tile),
      (child, tile) => this.updateTile(child, tile),
    );
    setText(root.empty, column.tiles.length ? "" : words.empty);
  }

  makeTile(tile) {
    const root = element("button", "essaim-tile");
    root.type = "button";
    element("span", "essaim-sign", root);
    element("span", "essaim-name", root);
    element("span", "essaim-slot", root);
    root.onclick = () => {
      this.selected = this.selected === tile.id ? null : tile.id;
      this.redescribe();
    };
    return root;
  }

  updateTile(root, tile) {
    root.dataset.phase = tile.phase;
    root.dataset.dim = String(Boolean(this.chosen) && tile.service !== this.chosen);
    root.setAttribute("aria-pressed", String(this.selected === tile.id));
    setText(root.children[0], SIGNS[tile.phase]);
    // A long name is cut before its slot: it is the slot that tells replicas apart.
    const [, name, slot] =
      this.root.dataset.density !== "roomy"
        ? [null, tile.label, ""]
        : tile.name.match(/^(.*)(\.\d+)$/) || [null, tile.name, ""];
    setText(root.children[1], name);
    setText(root.children[2], slot);
    const title = this.sentence(tile);
    if (root.title !== title) {
      root.title = title;
      root.setAttribute("aria-label", title);
    }
  }

  // What there is to say of one task, in one line.
  sentence(tile) {
    const failures = tile.failures
      ? ` · ${this.words.failures.replace("{count}", tile.failures)}${tile.lastError ? ` (${tile.lastError})` : ""}`
      : "";
    const message = tile.message && tile.message !== tile.lastError ? ` · ${tile.message}` : "";
    return `${tile.name} · ${tile.state}${message}${failures} · ${tile.image}`;
  }

  describe(columns) {
    this.last = columns;
    this.detail.dataset.down = "false";
    for (const column of columns) {
      const tile = column.tiles.find((each) => each.id === this.selected);
      if (tile) return setText(this.detail, `${column.name} — ${this.sentence(tile)}`);
    }
    // Nothing chosen: say by itself what is not alive, and why something does not run.
    const told = this.services
      .filter((each) => each.told && (!this.chosen || each.id === this.chosen))
      .sort((a, b) => b.down - a.down);
    this.detail.dataset.down = String(told.some((each) => each.down));
    if (told.length) return setText(this.detail, told.map((each) => `${each.down ? "✕" : "▲"} ${each.told}`).join(" "));
    const stuck = columns
      .flatMap((column) => this.ofChosen(column))
      .find((tile) => (tile.phase === "pending" || tile.phase === "failed") && tile.message);
    if (stuck) return setText(this.detail, `${SIGNS[stuck.phase]} ${this.sentence(stuck)}`);
    setText(this.detail, this.byDesign(columns));
  }

  // The question that every class asks: why does a node that came back stay empty?
  byDesign(columns) {
    const running = (column) => this.ofChosen(column).filter((tile) => tile.phase === "running").length;
    const nodes = columns.filter((column) => !column.nowhere);
    const idle = nodes.find((node) => node.state === "ready" && node.availability === "active" && !node.tiles.length);
    const busy = nodes.some((node) => running(node) >= 2);
    const settled = columns.every((column) => this.ofChosen(column).length === running(column));
    return idle && busy && settled ? this.words.by_design.replace("{node}", idle.name) : "";
  }

  redescribe() {
    for (const column of this.columns.values()) {
      for (const [id, tile] of column.tiles) tile.setAttribute("aria-pressed", String(id === this.selected));
    }
    this.describe(this.last);
  }
}
