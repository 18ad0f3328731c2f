// The nodes as columns with their tasks as tiles. A tile keeps its element as long as its task lives, so nothing
// flickers and a selection stays.

import { button, Children, element, setLabel, setText } from "./dom.js";
import { fill } from "./texts.js";
import { TileMenu } from "./tile_menu.js";

/** @import { Availability, MenuRights, Node, Phase, Picture, Service, Tile, Words } from "./types" */
/** @import { MenuWish } from "./tile_menu.js" */
/** @typedef {Pick<Node, "id" | "name" | "tiles"> & Partial<Node> & { nowhere?: boolean }} Column */
/** @typedef {ReturnType<Tiles["makeColumn"]>} ColumnView */
/** @typedef {ReturnType<Tiles["makeTile"]>} TileView */

// prettier-ignore
/** @type {Record<Phase, string>} */ export const SIGNS = {
  running: "●", starting: "◔", pending: "?", stopping: "▾", failed: "✕", lost: "∅", done: "✓",
};

// How full the fullest column may be before tiles shrink to a number, then to a dot.
const COMPACT = 12;
const DENSE = 60;
// Every task has no node for a moment. Only a task that waits longer gets a column, since that moves all columns.
const WAITS_MS = 700;
// How long a node's button asks for confirmation.
const ASKS_MS = 8000;
/** @type {Availability[]} */ const AVAILABILITIES = ["active", "pause", "drain"];

/** All tiles of a picture. @param {Picture} picture */
export function allTiles({ nodes, unplaced }) {
  return [...nodes.flatMap((node) => node.tiles), ...unplaced];
}

export function count(/** @type {Tile[]} */ tiles, /** @type {Phase} */ phase) {
  return tiles.filter((tile) => tile.phase === phase).length;
}

export class Tiles {
  /** @type {Words} */ words = {};
  may = false;
  /** @type {string | null} */ selected = null; // the task that is described
  /** @type {string | null} */ asked = null; // the node whose drain is asked about
  /** @type {Column[]} */ last = [];
  /** @type {Service[]} */ services = [];
  chosen = "";
  /** @type {number | null} */ waits = null; // since when a task has no node

  /**
   * @param {Element} parent
   * @param {(wish: { node: string, availability: Availability }) => void} [act]
   * @param {(wish: MenuWish) => void} [ask] of a tile's menu; without it, tiles have none
   */
  constructor(parent, act, ask) {
    this.act = act;
    this.root = element("div", "essaim-nodes", parent);
    this.detail = element("div", "essaim-detail", parent);
    this.detail.setAttribute("role", "status");
    this.menu = ask && new TileMenu(parent, ask);
    /** @type {Children<Column, ColumnView>} */
    this.columns = new Children(this.root, (column) => this.makeColumn(column));
  }

  /**
   * @param {Picture} picture
   * @param {string} service whose tiles stand out; "" for all
   * @param {{ words: Words, may?: boolean, menu?: MenuRights }} data may: whether the nodes' buttons work
   */
  draw(picture, service, { words, may = false, menu }) {
    Object.assign(this, { words, may, chosen: service, services: picture.services });
    if (menu && this.menu) Object.assign(this.menu, { words, rights: menu, nodes: picture.nodes });
    /** @type {Column[]} */ const columns = [...picture.nodes];
    clearTimeout(this.later);
    const now = performance.now();
    this.waits = picture.unplaced.length ? (this.waits ?? now) : null;
    if (this.waits !== null && now - this.waits < WAITS_MS) {
      this.later = setTimeout(() => this.draw(picture, service, { words, may, menu }), WAITS_MS);
    } else if (this.waits !== null) {
      columns.push({ id: "", name: words.nowhere, tiles: picture.unplaced, nowhere: true });
    }
    const fullest = Math.max(0, ...columns.map((column) => column.tiles.length));
    this.root.dataset.density = fullest > DENSE ? "dense" : fullest > COMPACT ? "compact" : "roomy";
    for (const [view, column] of this.columns.update(columns)) this.updateColumn(view, column);
    this.menu?.keep(allTiles(picture));
    this.describe(columns);
  }

  makeColumn(/** @type {Column} */ column) {
    const root = element("section", "essaim-node");
    const head = element("header", "", root);
    const name = element("div", "essaim-node-name", head);
    const facts = element("div", "essaim-node-facts", head);
    const total = element("div", "essaim-node-count", head);
    /** @type {HTMLButtonElement[]} */ let buttons = [];
    let asks = null;
    if (!column.nowhere) {
      const actions = element("div", "essaim-actions", head);
      buttons = AVAILABILITIES.map((availability) => {
        const made = button("", actions, this.words[availability], () => this.press(column.id, availability));
        made.title = this.words[`${availability}_help`];
        made.dataset.availability = availability;
        return made;
      });
      // Over the tiles, beside the finger.
      asks = element("div", "essaim-asks", head);
      asks.setAttribute("role", "status");
    }
    const grid = element("div", "essaim-tiles", root);
    /** @type {Children<Tile, TileView>} */ const tiles = new Children(grid, (tile) => this.makeTile(tile));
    return { root, head, name, facts, total, buttons, asks, tiles, empty: element("div", "essaim-none", root) };
  }

  /** The tiles of the chosen service; all, where none is chosen. @param {Column} column */
  ofChosen({ tiles }) {
    return this.chosen ? tiles.filter((tile) => tile.service === this.chosen) : tiles;
  }

  /**
   * A drain that would leave a service without a replica needs a second press.
   * @param {string} node
   * @param {Availability} availability
   */
  press(node, availability) {
    const warned = availability === "drain" && this.last.find((column) => column.id === node)?.drain_warning;
    const asks = warned && this.asked !== node;
    this.ask(asks ? node : null);
    if (!asks) this.act?.({ node, availability });
  }

  ask(/** @type {string | null} */ node) {
    clearTimeout(this.forgets);
    this.asked = node;
    if (node !== null) this.forgets = setTimeout(() => this.ask(null), ASKS_MS);
    for (const [view, column] of this.columns.update(this.last)) {
      this.updateColumn(view, column);
      if (column.id === node) view.asks?.scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {ColumnView} view @param {Column} column */
  updateColumn({ root, name, facts, total, buttons, asks, tiles, empty }, column) {
    const { words } = this;
    root.dataset.state = column.nowhere ? "nowhere" : column.state === "ready" ? column.availability : "down";
    // A node that has just joined has its id for a name, until its engine has told it.
    setText(name, column.name);
    setLabel(root, column.name);
    name.title = `${column.name} ${column.address || ""}`.trim();
    const texts = column.nowhere
      ? [words.nowhere_help]
      : [column.leader ? "manager · leader" : column.role, ...conditions(column)];
    setText(facts, texts.join(" · "));
    const chosen = this.ofChosen(column);
    setText(total, String(column.nowhere ? chosen.length : count(chosen, "running")));
    const warning = (this.asked === column.id && column.drain_warning) || "";
    if (asks) setText(asks, warning && `▲ ${warning}`);
    for (const each of buttons) {
      const { availability = "" } = each.dataset;
      const confirms = availability === "drain" && Boolean(warning);
      setText(each, confirms ? words.anyway : words[availability]);
      each.dataset.asks = String(confirms);
      setLabel(each, `${each.textContent} ${column.name}`);
      each.setAttribute("aria-pressed", String(availability === column.availability));
      each.disabled = !this.may;
    }
    for (const [tileView, tile] of tiles.update(column.tiles)) this.updateTile(tileView, tile);
    setText(empty, column.tiles.length ? "" : words.empty);
  }

  makeTile(/** @type {Tile} */ { id }) {
    const root = button("essaim-tile", null, "", () => {
      this.select(this.selected === id ? null : id);
      if (this.selected) this.open(id, root);
    });
    if (this.menu) {
      root.setAttribute("aria-haspopup", "menu");
      root.oncontextmenu = (event) => {
        event.preventDefault();
        this.select(id);
        this.open(id, root);
      };
    }
    const [sign, name, slot] = ["sign", "name", "slot"].map((part) => element("span", `essaim-${part}`, root));
    return { root, sign, name, slot };
  }

  /** @param {string | null} id of a task */
  select(id) {
    this.selected = id;
    for (const column of this.columns.views.values()) {
      for (const [task, view] of column.tiles.views) view.root.setAttribute("aria-pressed", String(task === id));
    }
    this.describe(this.last);
  }

  /** @param {string} id @param {HTMLElement} root */
  open(id, root) {
    const column = this.last.find(({ tiles }) => tiles.some((tile) => tile.id === id));
    const tile = column?.tiles.find((each) => each.id === id);
    if (column && tile) this.menu?.open(tile, column.id, this.sentence(tile), root);
  }

  updateTile(/** @type {TileView} */ { root, sign, name, slot }, /** @type {Tile} */ tile) {
    root.dataset.phase = tile.phase;
    root.dataset.dim = String(Boolean(this.chosen) && tile.service !== this.chosen);
    root.setAttribute("aria-pressed", String(this.selected === tile.id));
    setText(sign, SIGNS[tile.phase]);
    // A long name is cut before its slot, because the slot tells replicas apart.
    const short = this.root.dataset.density !== "roomy";
    const [, base, number] = (!short && tile.name.match(/^(.*)(\.\d+)$/)) || ["", short ? tile.label : tile.name, ""];
    setText(name, base);
    setText(slot, number);
    setLabel(root, this.sentence(tile), true);
  }

  /** A task in one line. @param {Tile} tile */
  sentence({ name, state, message, failures, lastError, image }) {
    const failed = fill(this.words.failures, { count: failures }) + (lastError && ` (${lastError})`);
    const parts = [name, state, message !== lastError && message, failures && failed, image];
    return parts.filter(Boolean).join(" · ");
  }

  describe(/** @type {Column[]} */ columns) {
    this.last = columns;
    const selected = columns.find(({ tiles }) => tiles.some(({ id }) => id === this.selected));
    const tile = selected?.tiles.find(({ id }) => id === this.selected);
    // Without a selection: which services are down, and why something does not run.
    const told = this.services
      .filter((each) => each.told && (!this.chosen || each.id === this.chosen))
      .sort((a, b) => Number(b.down) - Number(a.down));
    this.detail.dataset.down = String(!tile && told.some((each) => each.down));
    const stuck = columns
      .flatMap((column) => this.ofChosen(column))
      .find((each) => (each.phase === "pending" || each.phase === "failed") && each.message);
    let text = this.byDesign(columns);
    if (selected && tile) text = `${selected.name} — ${this.sentence(tile)}`;
    else if (told.length) text = told.map((each) => `${each.down ? "✕" : "▲"} ${each.told}`).join(" ");
    else if (stuck) text = `${SIGNS[stuck.phase]} ${this.sentence(stuck)}`;
    setText(this.detail, text);
  }

  /** The question of every class: why does a node that came back stay empty? @param {Column[]} columns */
  byDesign(columns) {
    const running = (/** @type {Column} */ column) => count(this.ofChosen(column), "running");
    const idle = columns.find((node) => node.state === "ready" && node.availability === "active" && !node.tiles.length);
    const busy = columns.some((node) => !node.nowhere && running(node) >= 2);
    const settled = columns.every((column) => this.ofChosen(column).length === running(column));
    return idle && busy && settled ? fill(this.words.by_design, { node: idle.name }) : "";
  }
}

/** How a node differs from a ready and active one. @param {Pick<Column, "state" | "availability">} node */
export function conditions({ state, availability }) {
  return [state, availability].filter((word) => word !== "ready" && word !== "active");
}
