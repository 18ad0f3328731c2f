// The files that are edited: their texts, what of them is not saved, and what became of them on the machine meanwhile.

import { EDITABLE, moved, parent, text, within } from "./file_names.js";
import { Refused } from "./machine_files.js";

/** @import { Drafts } from "./drafts.js" */
/** @import { Editor } from "./editor.js" */
/** @import { Entry, MachineFiles } from "./machine_files.js" */
/** @typedef {Editor["view"]["state"]} State */
/**
 * @typedef OpenFile
 * @property {string} path
 * @property {State} state the text as it is typed
 * @property {State["doc"] | null} clean the machine's text; null where it is not known, or is none
 * @property {string | null} tag of the machine's text that was edited; null: a file that is not there
 * @property {string} seen what the machine's list said of it
 * @property {Found | null} other what the machine holds now, where that is something else
 */
/** @typedef {{ content: string | null, tag: string }} Found content: null where it cannot be edited */

const KEEP_MS = 300; // from a key to the browser's memory

export class OpenFiles {
  /** @type {Map<string, OpenFile>} */ files = new Map();
  /** @type {OpenFile | null} */ shown = null;
  /** @type {Map<string, string>} */ kept = new Map(); // what this tab gave to the browser's memory, by path
  saving = false;
  wanted = ""; // the path that was chosen last
  full = false; // the browser has no room for what is typed

  /**
   * @param {MachineFiles} machine
   * @param {Drafts} drafts
   * @param {Editor} editor
   * @param {() => void} changed what is shown or unsaved has changed
   */
  constructor(machine, drafts, editor, changed) {
    this.machine = machine;
    this.drafts = drafts;
    this.editor = editor;
    this.changed = changed;
  }

  /**
   * Show a file: what was typed into it, else the machine's text. Raises Refused.
   * @param {string} path
   * @param {Entry} [entry] what the machine's list says of it
   * @returns {Promise<"shown" | "large" | "binary" | "passed">}
   */
  async open(path, entry) {
    const draft = this.drafts.get(path);
    let file = this.files.get(path);
    if (!file && !draft && entry && entry.size > EDITABLE) return "large";
    this.wanted = path;
    if (!file) {
      const found = await this.read(path, draft !== null);
      if (this.wanted !== path) return "passed"; // another one was chosen meanwhile
      if (found === "large" || found === "binary") return found;
      file = this.files.get(path) || this.begun(path, found, draft, seen(entry));
    }
    this.show(file);
    return "shown";
  }

  /**
   * The machine's text. Raises Refused, but not where something was typed and the machine cannot be asked now: null.
   * In such a file, what is no text or too much has null as its content.
   */
  async read(/** @type {string} */ path, /** @type {boolean} */ typed) {
    try {
      const { bytes, tag } = await this.machine.read(path);
      const content = bytes.length > EDITABLE ? null : text(bytes);
      if (content !== null || typed) return { content, tag };
      return bytes.length > EDITABLE ? "large" : "binary";
    } catch (error) {
      if (!(error instanceof Refused && typed && (error.lost || error.status === 404))) throw error;
      return error.status === 404 ? "gone" : null;
    }
  }

  /**
   * @param {string} path
   * @param {Found | "gone" | null} found
   * @param {import("./drafts.js").Draft | null} draft
   * @param {string} listed
   * @returns {OpenFile}
   */
  begun(path, found, draft, listed) {
    if (draft) this.kept.set(path, draft.text);
    if (found === null || found === "gone" || found.content === null) {
      const state = this.editor.make(path, draft?.text || "");
      const tag = found === "gone" ? null : (draft?.tag ?? null);
      const other = found && found !== "gone" && found.tag !== tag ? found : null;
      return { path, state, clean: null, tag, seen: listed, other };
    }
    const state = this.editor.make(path, found.content);
    const file = { path, state, clean: state.doc, tag: found.tag, seen: listed, other: null };
    if (!draft || draft.text === found.content) return file;
    const other = draft.tag === found.tag ? null : found;
    return { ...file, state: this.editor.replaced(path, state, draft.text), tag: draft.tag, other };
  }

  /** @param {OpenFile | null} file null: none */
  show(file) {
    this.keep();
    if (this.shown && this.shown !== file && !this.unsaved(this.shown)) this.files.delete(this.shown.path);
    this.shown = null; // the editor tells of its new text, too
    if (file) this.editor.show(file.state);
    this.shown = file;
    if (file) this.files.set(file.path, file);
    this.changed();
  }

  /** The editor's text has changed. @param {State} state */
  typed(state) {
    const file = this.shown;
    if (!file || file.state === state) return;
    const same = file.state.doc === state.doc;
    file.state = state;
    if (same) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.keep(), KEEP_MS);
    this.changed();
  }

  /** @param {OpenFile} file */
  unsaved(file) {
    return !file.clean || !file.clean.eq(file.state.doc);
  }

  /** The paths of the edited files: with unsaved edits, and without. @returns {[string[], string[]]} */
  paths() {
    const [unsaved, clean] = [true, false].map((wanted) => {
      const found = [...this.files.values()].filter((file) => this.unsaved(file) === wanted);
      return found.map(({ path }) => path);
    });
    return [unsaved, clean];
  }

  /** Have the browser keep what is not saved. */
  keep() {
    clearTimeout(this.waiting);
    const full = this.full;
    this.full = false;
    for (const file of this.files.values()) {
      const { path, tag, state } = file;
      const kept = this.kept.get(path);
      const typed = state.sliceDoc();
      if (!this.unsaved(file)) {
        if (kept !== undefined) this.drafts.drop(path, kept); // if another tab has typed on, that stays
        this.kept.delete(path);
      } else if (typed !== kept) {
        if (this.drafts.put(path, { text: typed, tag })) this.kept.set(path, typed);
        else this.full = true;
      }
    }
    if (full !== this.full) this.changed();
  }

  /**
   * Write the shown file to the machine. Raises Refused.
   * @param {boolean} [over] over what the machine holds now
   * @returns {Promise<boolean>} false: the machine holds another text, which is now known
   */
  async save(over = false) {
    const file = this.shown;
    if (!file || this.saving) return true;
    this.keep();
    const { state } = file;
    this.saving = true;
    try {
      const tag = await this.written(file, state.sliceDoc(), over && file.other ? file.other.tag : file.tag);
      Object.assign(file, { tag, clean: state.doc, other: null });
      this.keep();
      return true;
    } catch (error) {
      if (!(error instanceof Refused && error.status === 412)) throw error;
      await this.compare(file);
      return false;
    } finally {
      this.saving = false;
      this.changed();
    }
  }

  /** @param {OpenFile} file @param {string} content @param {string | null} tag */
  async written({ path }, content, tag) {
    try {
      return await this.machine.write(path, content, tag);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 404)) throw error;
      await this.machine.makeFolders(parent(path)); // its folder is gone, too
      return await this.machine.write(path, content, null);
    }
  }

  /**
   * Read the machine's text again: an unchanged file follows it. Raises Refused.
   * @param {OpenFile} file
   * @returns {Promise<"same" | "followed" | "other" | "gone" | "unknown">}
   */
  async compare(file) {
    const found = await this.read(file.path, true);
    if (found === "gone") return this.lost(file);
    if (found === null || typeof found === "string") return "unknown";
    if (found.tag === file.tag) return "same";
    if (this.unsaved(file) || found.content === null) {
      file.other = found;
      if (file.state.sliceDoc() !== found.content) return "other";
    }
    this.follow(file, found);
    return "followed";
  }

  /** Take the machine's text; Ctrl-Z brings back the typed one. @param {OpenFile} file */
  follow(file, found = file.other) {
    if (!found || found.content === null) return;
    const state = this.editor.replaced(file.path, file.state, found.content);
    Object.assign(file, { state, clean: state.doc, tag: found.tag, other: null });
    if (file === this.shown) this.show(file);
    this.keep();
  }

  /** Throw away what was typed into the shown file; Ctrl-Z brings it back. */
  discard() {
    const file = this.shown;
    if (!file) return;
    if (file.other && file.other.content !== null) this.follow(file);
    else if (file.clean) this.follow(file, { content: original(file.state, file.clean), tag: file.tag ?? "*" });
    else this.forget(file.path);
  }

  /** @param {OpenFile} file @returns {"gone"} */
  lost(file) {
    if (this.unsaved(file)) Object.assign(file, { clean: null, tag: null, other: null });
    else this.forget(file.path);
    this.keep();
    return "gone";
  }

  /**
   * What the machine's lists say now. Raises Refused.
   * @param {(path: string) => Entry | null | undefined} find null: it is not there; undefined: not known
   * @returns {Promise<[OpenFile, "followed" | "other" | "gone"][]>} what was changed on the machine
   */
  async see(find) {
    /** @type {[OpenFile, "followed" | "other" | "gone"][]} */ const news = [];
    for (const file of [...this.files.values()]) {
      const entry = find(file.path);
      if (entry === undefined || (entry === null && file.tag === null)) continue;
      if (entry === null) {
        news.push([file, this.lost(file)]);
      } else if (file.seen !== seen(entry)) {
        const found = await this.compare(file);
        if (found === "unknown") continue;
        file.seen = seen(entry);
        if (found !== "same") news.push([file, found]);
      }
    }
    if (news.length) this.changed();
    return news;
  }

  /** A file or folder was renamed. @param {string} from @param {string} to */
  move(from, to) {
    this.keep();
    for (const path of this.drafts.paths()) {
      if (within(path, from)) this.drafts.move(path, moved(path, from, to));
      this.kept.delete(path);
    }
    for (const file of [...this.files.values()].filter(({ path }) => within(path, from))) {
      this.files.delete(file.path);
      file.path = moved(file.path, from, to);
      file.state = this.editor.named(file.path, file.state);
      this.files.set(file.path, file);
      if (file === this.shown) this.show(file);
    }
  }

  /** A file or folder is no more, nor what was typed into it. @param {string} gone */
  forget(gone) {
    this.keep();
    for (const path of this.drafts.paths()) if (within(path, gone)) this.drafts.drop(path);
    for (const path of [...this.files.keys()].filter((each) => within(each, gone))) {
      this.files.delete(path);
      this.kept.delete(path);
    }
    if (this.shown && within(this.shown.path, gone)) {
      this.shown = null;
      this.changed();
    }
  }

  close() {
    this.keep();
    this.editor.close();
  }
}

/** An earlier text of a file. @param {State} state @param {State["doc"]} doc */
function original(state, doc) {
  return doc.sliceString(0, doc.length, state.lineBreak);
}

/** What a list says of a file: it changes whenever the file does. @param {Entry} [entry] */
function seen(entry) {
  return entry ? `${entry.size} ${entry.mtime}` : "";
}
