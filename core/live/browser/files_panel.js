// The files of one machine: the tree, the editor beside it, and what is said of them.

import { button, element, setLabel, setText } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Editor } from "./editor.js";
import { FileActs } from "./file_acts.js";
import { base, join, parent, size, within } from "./file_names.js";
import { rows } from "./file_rows.js";
import { FileTree } from "./file_tree.js";
import { MachineFiles, Refused } from "./machine_files.js";
import { OpenFiles } from "./open_files.js";
import { fill } from "./texts.js";

/** @import { Row } from "./file_rows.js" */
/** @import { Entry } from "./machine_files.js" */
/** @import { PageData, Words } from "./types" */
/**
 * @typedef {PageData & { machine: string, follows: boolean, folder: string, place: string, most: number,
 *   first: string, tells: boolean, words: Words }} PanelData
 *   follows: the machine in front, once there is one; folder: whose content is shown; place: whose cluster, for what
 *   is kept; most: bytes of an upload; first: the path of the file that is opened when none was before; tells: whether
 *   the page wants to know what is not saved
 */

const QUIET_MS = 700; // after what was typed and printed in a terminal
const LOOKS = 5; // after one line of a terminal: what prints on and on does not have the tree read on and on
const RETRY_MS = [1000, 2000, 4000, 8000, 15000]; // while the server does not answer

export class FilesPanel {
  /** @type {Map<string, Entry[]>} */ listings = new Map(); // of folders by path
  offer = ""; // the path of a file that is not opened
  offered = ""; // and why
  told = ""; // that a file is saved: so long as it is
  tries = 0; // since the server answered
  looks = 0; // that a line of the terminal still gives
  reading = 0; // the latest reading of the tree
  unsaved = "[]"; // the files of which the page knows that they are not saved
  closed = false;

  /** @param {HTMLElement} root @param {PanelData} data @param {(unsaved: string[]) => void} tell */
  constructor(root, data, tell) {
    this.root = root;
    this.data = data;
    this.tell = tell;
    const { words, machine, place, folder } = data;
    this.memory = `essaim-files ${place} ${machine} ${folder}`;
    const kept = JSON.parse(sessionStorage.getItem(this.memory) || "{}");
    /** @type {Set<string>} */ this.open = new Set(kept.open || []); // folders
    this.machine = new MachineFiles(data, machine, words.lost);
    this.drafts = new Drafts(localStorage, place, machine);

    root.replaceChildren();
    const label = fill(words.files, { machine });
    const side = element("div", "essaim-side", root);
    element("p", "essaim-where", side, `${machine}:${folder}`);
    const tools = element("div", "essaim-tools", side);
    tools.setAttribute("role", "group");
    setLabel(tools, label);
    this.acts = new FileActs(this, side);
    this.tree = new FileTree(side, label, words, {
      choose: (row) => this.choose(row),
      open: (path, open) => this.toggle(path, open),
      key: (key) => this.acts.key(key),
      selected: () => this.enable(),
    });
    this.view = { empty: element("p", "essaim-empty", side), onOne: this.tools(tools), ...this.main() };
    const editor = new Editor(this.view.text, words, {
      changed: (state) => this.files.typed(state),
      save: () => this.save(),
    });
    this.files = new OpenFiles(this.machine, this.drafts, editor, () => this.draw());
    root.onkeydown = (event) => {
      const control = event.ctrlKey || event.metaKey;
      if (!control) event.stopPropagation(); // Streamlit takes single letters as commands
      if (!control || event.key !== "s") return;
      event.preventDefault();
      this.save();
    };
    this.draw();
    this.refresh().then(() => this.resume(kept.shown ?? data.first));
  }

  /** @param {Element} place @returns the buttons that act on the chosen file */
  tools(place) {
    const { words } = this.data;
    const { acts } = this;
    const tool = (/** @type {string} */ icon, /** @type {string} */ label, /** @type {() => void} */ press) => {
      const made = button("essaim-icon-button", place, "", press);
      element("span", "essaim-icon", made, icon).setAttribute("aria-hidden", "true");
      setLabel(made, label, true);
      return made;
    };
    tool("note_add", words.new_file, () => acts.make("file"));
    tool("create_new_folder", words.new_folder, () => acts.make("folder"));
    tool("upload", words.upload, () => acts.pick());
    tool("refresh", words.refresh, () => this.refresh());
    return [
      tool("edit", words.rename, () => acts.rename()),
      tool("delete", words.delete, () => acts.remove()),
      tool("download", words.download, () => acts.download(acts.selected)),
    ];
  }

  /** The editor's side. */
  main() {
    const { words } = this.data;
    const main = element("div", "essaim-main", this.root);
    const head = element("div", "essaim-head", main);
    const path = element("span", "essaim-path", head);
    const save = button("essaim-primary", head, words.save, () => this.save());
    save.title = "Ctrl-S";
    const discard = button("", head, words.discard, () => this.act(() => this.files.discard()));
    const news = element("div", "essaim-news", main);
    news.setAttribute("role", "status");
    const text = element("div", "essaim-text", main);
    const blank = element("div", "essaim-blank", main);
    const note = element("p", "essaim-said", this.root);
    note.setAttribute("role", "status");
    return { head, path, save, discard, news, text, blank, note };
  }

  /** Show again what was shown before the page was left. @param {string | undefined} path */
  async resume(path) {
    const known = path && (this.entry(path) !== null || this.drafts.get(path));
    if (!known || this.files.shown || this.offer || this.closed) return;
    this.tree.select(path, false);
    await this.edit(path);
  }

  // What is there

  /** Read the open folders again, and look what became of the edited files. */
  async refresh() {
    clearTimeout(this.waiting);
    const reading = ++this.reading;
    try {
      const found = await this.read();
      if (reading !== this.reading || this.closed) return;
      this.listings = found;
      for (const folder of this.open) if (!found.has(folder)) this.open.delete(folder);
      this.answered();
      await this.look();
    } catch (error) {
      if (reading === this.reading && !this.closed) this.refused(error);
    }
    this.draw();
  }

  /** The lists of all folders that matter now, without those that are gone. */
  async read() {
    const { folder } = this.data;
    const edited = [...this.files.files.keys()].map(parent);
    /** @type {Map<string, Entry[]>} */ const found = new Map();
    const reads = [...new Set([folder, ...this.open, ...edited])].map(async (each) => {
      try {
        found.set(each, await this.machine.list(each));
      } catch (error) {
        if (each === folder || !(error instanceof Refused) || error.lost) throw error;
      }
    });
    await Promise.all(reads);
    return found;
  }

  /** @param {string} path @returns {Entry | null | undefined} null: it is not there; undefined: not known */
  entry(path) {
    const entries = this.listings.get(parent(path));
    if (entries) return entries.find(({ name }) => name === base(path)) ?? null;
    return this.files.files.has(path) && this.listings.size ? null : undefined;
  }

  async look() {
    const { words } = this.data;
    for (const [{ path }, what] of await this.files.see((each) => this.entry(each))) {
      const name = base(path);
      if (what === "followed") this.say(fill(words.followed, { name }));
      if (what === "gone") this.say(fill(this.files.files.has(path) ? words.gone : words.removed, { name }));
    }
  }

  /** Something was typed or printed in a terminal of a machine. @param {string} machine @param {boolean} enter */
  typed(machine, enter) {
    if (machine !== this.data.machine) return;
    if (enter) this.looks = LOOKS;
    if (this.looks <= 0) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.looks -= 1;
      this.refresh();
    }, QUIET_MS);
  }

  // Acts

  /** Do it; what refuses it is said. @param {() => unknown} act @returns {Promise<boolean>} whether it was done */
  async act(act) {
    this.say("");
    try {
      await act();
      this.tries = 0;
      return true;
    } catch (error) {
      this.refused(error);
      return false;
    } finally {
      this.draw();
    }
  }

  choose(/** @type {Row} */ row) {
    if (row.kind === "folder") this.toggle(row.id, !row.open);
    else this.edit(row.id);
  }

  toggle(/** @type {string} */ folder, /** @type {boolean} */ open) {
    if (open) this.open.add(folder);
    else this.open.delete(folder);
    this.remember();
    this.draw();
    if (open) this.refresh();
  }

  async edit(/** @type {string} */ path) {
    const { words, language } = this.data;
    const entry = this.entry(path) || undefined;
    await this.act(async () => {
      const found = await this.files.open(path, entry);
      if (found === "passed") return;
      this.offer = found === "shown" ? "" : path;
      if (found === "shown") return;
      const bytes = size(entry?.size || 0, language, [words.bytes, words.kilobytes, words.megabytes]);
      this.offered = fill(words[found], { name: base(path), size: bytes });
      this.files.show(null);
    });
    this.remember();
  }

  async save(over = false) {
    const { shown } = this.files;
    const { words } = this.data;
    if (!shown) return;
    const name = base(shown.path);
    let saved = false;
    const done = await this.act(async () => (saved = await this.files.save(over)));
    if (done) await this.refresh();
    else this.say(`${fill(words.unsaved_still, { name })} ${this.view.note.textContent}`, true);
    if (saved && !this.files.unsaved(shown)) this.say((this.told = fill(words.saved, { name })));
  }

  // What is said

  say(/** @type {string} */ text, fault = false) {
    const { note } = this.view;
    setText(note, text);
    note.dataset.fault = String(fault);
  }

  answered() {
    if (this.tries) this.say("");
    this.tries = 0;
    clearTimeout(this.retry);
  }

  /** An act was refused, or the server does not answer: then it is asked again. @param {unknown} error */
  refused(error) {
    if (!(error instanceof Refused)) throw error;
    // While it is asked again, what could not be saved stays said.
    if (!this.view.note.textContent?.endsWith(error.message)) this.say(error.message, true);
    if (!error.lost || this.closed) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.refresh(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
  }

  remember() {
    const shown = this.files.shown?.path || this.offer;
    sessionStorage.setItem(this.memory, JSON.stringify({ open: [...this.open], shown }));
  }

  /** The buttons that act on a row need one that somebody chose. */
  enable() {
    for (const each of this.view.onOne) each.disabled = !this.tree.selected;
  }

  draw() {
    if (this.closed) return;
    const { words, folder } = this.data;
    const { files, view } = this;
    const { shown } = files;
    const [edited, clean] = files.paths();
    const kept = this.drafts.paths().filter((path) => !clean.includes(path));
    const typed = [...new Set([...edited, ...kept])].sort();
    this.tree.draw(rows(folder, this.listings, this.open, typed), shown?.path || "");
    this.tellUnsaved(typed.filter((path) => within(path, folder)).map((path) => path.slice(join(folder, "").length)));
    this.enable();
    setText(view.empty, this.listings.has(folder) && !this.tree.rows.length ? words.empty : "");

    const unsaved = shown !== null && files.unsaved(shown);
    view.head.hidden = view.text.hidden = !shown;
    view.blank.hidden = Boolean(shown);
    setText(view.path, shown ? shown.path : "");
    view.path.dataset.unsaved = String(unsaved);
    if (unsaved && this.told === view.note.textContent) this.say("");
    view.save.disabled = !unsaved || files.saving;
    view.discard.disabled = !unsaved;
    this.drawNews();
    this.drawBlank();
  }

  /** @param {string[]} unsaved paths in the folder */
  tellUnsaved(unsaved) {
    const text = JSON.stringify(unsaved);
    if (!this.data.tells || text === this.unsaved) return;
    this.unsaved = text;
    this.tell(unsaved);
  }

  /** What of the shown file must be decided. */
  drawNews() {
    const { words } = this.data;
    const { shown, full } = this.files;
    const { news } = this.view;
    const state = full ? "full" : shown?.other ? `other ${shown.path}` : "";
    if ((news.dataset.state || "") === state) return;
    news.dataset.state = state;
    news.replaceChildren();
    if (full) element("p", "", news, words.full);
    else if (shown?.other) {
      element("p", "", news, fill(words.other, { name: base(shown.path) }));
      const take = button("", news, words.take, () => this.act(() => this.files.follow(shown)));
      take.hidden = shown.other.content === null;
      button("", news, words.over, () => this.save(true));
    }
  }

  /** The place of the editor while no text is shown. */
  drawBlank() {
    const { words } = this.data;
    const { blank } = this.view;
    const { offer } = this;
    if (blank.dataset.offer === offer) return;
    blank.dataset.offer = offer;
    blank.replaceChildren();
    element("p", "", blank, offer ? this.offered : words.choose);
    if (offer) button("essaim-primary", blank, words.download, () => this.acts.download(undefined, offer));
  }

  close() {
    this.closed = true;
    clearTimeout(this.waiting);
    clearTimeout(this.retry);
    this.files.close();
  }
}
