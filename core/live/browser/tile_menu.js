// A tile's menu: logs, a terminal, a kill, and why the task is where it is. By a click, a touch or the keyboard.

import { button, element, setText } from "./dom.js";
import { fill } from "./texts.js";

/** @import { MenuRights, Node as SwarmNode, Tile, Words } from "./types" */
/** @typedef {"logs" | "terminal" | "kill" | "why"} Part */
/** @typedef {{ task: string, part: Part }} MenuWish */

/** @type {Record<Part, string>} */
const ICONS = { logs: "article", terminal: "terminal", why: "help", kill: "bolt" };
const PARTS = /** @type {Part[]} */ (Object.keys(ICONS));
const DIALOG_MS = 30_000; // in which the page has opened its dialog, if it does
const LOOK_MS = 100;
const EDGE = 8; // pixels between the menu and the window's edge

export class TileMenu {
  /** @type {Words} */ words = {};
  /** @type {MenuRights} */ rights = { here: "", logs: "", terminal: "", kill: "" };
  /** @type {Pick<SwarmNode, "id" | "name">[]} */ nodes = [];
  /** @type {Tile | null} */ tile = null;
  /** @type {HTMLElement | null} */ opener = null;
  sure = false; // the next press kills

  /** @param {Element} parent @param {(wish: MenuWish) => void} ask */
  constructor(parent, ask) {
    this.ask = ask;
    this.root = element("div", "essaim-menu", parent);
    this.root.popover = "auto"; // a press elsewhere and Escape close it
    this.title = element("div", "essaim-menu-title", this.root);
    this.list = element("div", "", this.root);
    this.list.setAttribute("role", "menu");
    this.items = PARTS.map((part) => {
      const root = button("essaim-menu-item", this.list, "", () => this.press(part));
      root.setAttribute("role", "menuitem");
      root.tabIndex = -1;
      root.dataset.part = part;
      element("span", "essaim-icon", root, ICONS[part]).setAttribute("aria-hidden", "true");
      const text = element("span", "", root);
      return { part, root, label: element("span", "essaim-menu-label", text), why: element("small", "", text) };
    });
    this.root.onkeydown = (event) => this.key(event);
    // It lies beside its tile, and would stay behind when the page is scrolled.
    const scrolled = (/** @type {Event} */ { target }) => {
      if (target instanceof Node && target.contains(this.opener)) this.close();
    };
    this.root.addEventListener("toggle", (event) => {
      const open = /** @type {ToggleEvent} */ (event).newState === "open";
      this.opener?.setAttribute("aria-expanded", String(open));
      if (open) addEventListener("scroll", scrolled, { capture: true, passive: true });
      else removeEventListener("scroll", scrolled, { capture: true });
    });
  }

  /**
   * @param {Tile} tile
   * @param {string} node the id of its node; "" where it has none
   * @param {string} sentence that tells of the task
   * @param {HTMLElement} opener the tile's element
   */
  open(tile, node, sentence, opener) {
    Object.assign(this, { tile, opener, sure: false });
    setText(this.title, sentence);
    for (const item of this.items) {
      const why = this.whyNot(item.part, tile, node);
      setText(item.label, this.words[`menu_${item.part}`]);
      setText(item.why, why);
      item.root.setAttribute("aria-disabled", String(Boolean(why)));
    }
    this.list.setAttribute("aria-label", tile.name);
    if (!this.root.matches(":popover-open")) this.root.showPopover();
    this.place(opener);
    this.items[0].root.focus({ preventScroll: true });
  }

  /** Why an entry does nothing; "" where it does. @param {Part} part @param {Tile} tile @param {string} node */
  whyNot(part, tile, node) {
    if (part === "why") return "";
    if (this.rights[part]) return this.rights[part];
    if (part === "logs") return "";
    const name = this.nodes.find(({ id }) => id === node)?.name || this.words.nowhere;
    if (this.rights.here && this.rights.here !== node) return fill(this.words.menu_elsewhere, { node: name });
    return tile.state === "running" ? "" : this.words.menu_ended;
  }

  /** Below its tile, or above it where there is no room. @param {HTMLElement} opener */
  place(opener) {
    const tile = opener.getBoundingClientRect();
    const { width, height } = this.root.getBoundingClientRect();
    const below = tile.bottom + 4;
    const top = below + height + EDGE <= innerHeight ? below : Math.max(EDGE, tile.top - height - 4);
    const left = Math.max(EDGE, Math.min(tile.left, innerWidth - width - EDGE));
    Object.assign(this.root.style, { top: `${top}px`, left: `${left}px` });
  }

  press(/** @type {Part} */ part) {
    const item = this.items.find((each) => each.part === part);
    if (!this.tile || item?.root.getAttribute("aria-disabled") === "true") return;
    if (part === "kill" && !this.sure) {
      this.sure = true;
      if (item) setText(item.label, this.words.menu_kill_sure);
      return;
    }
    const { id } = this.tile;
    this.close();
    if (part === "logs" || part === "why") focusDialog();
    this.ask({ task: id, part });
  }

  /** The tasks that there are now: a menu of another one closes. @param {Tile[]} tiles */
  keep(tiles) {
    if (this.tile && !tiles.some(({ id }) => id === this.tile?.id)) this.close();
  }

  close() {
    if (this.root.matches(":popover-open")) this.root.hidePopover();
  }

  key(/** @type {KeyboardEvent} */ event) {
    const all = this.items.map(({ root }) => root);
    const at = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") this.close();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus({ preventScroll: true });
  }
}

/**
 * Focus the dialog that the page opens next: by itself it takes the focus only from what can still hold it.
 * It opens by steps, and loses a focus that comes too early.
 */
function focusDialog() {
  let looks = DIALOG_MS / LOOK_MS;
  let held = 0;
  const timer = setInterval(() => {
    const dialog = /** @type {HTMLElement | null} */ (document.querySelector('[role="dialog"][data-rac]'));
    const inside = dialog?.contains(document.activeElement);
    if (dialog && !inside && document.activeElement === document.body) dialog.focus();
    held = inside ? held + 1 : 0;
    if (held === 5 || (looks -= 1) <= 0) clearInterval(timer);
  }, LOOK_MS);
}
