// What is done to the files of a machine: made, renamed, removed, sent there and taken from there.

import { element } from "./dom.js";
import { isName, join, moved, parent } from "./file_names.js";
import { asked, named } from "./questions.js";
import { counted, fill } from "./texts.js";
import { dropped, sent } from "./uploads.js";

/** @import { Row } from "./file_rows.js" */
/** @import { FilesPanel } from "./files_panel.js" */

export class FileActs {
  /** @param {FilesPanel} panel @param {Element} place of the questions for a name */
  constructor(panel, place) {
    this.panel = panel;
    this.data = panel.data;
    this.asks = element("div", "", place);
    this.chosen = element("input", "", place);
    Object.assign(this.chosen, { type: "file", multiple: true, hidden: true });
    this.chosen.onchange = () => {
      const uploads = [...(this.chosen.files || [])].map((file) => ({ path: file.name, file }));
      this.chosen.value = "";
      this.upload({ uploads }, this.folder);
    };
    this.dropping();
  }

  get selected() {
    return this.panel.tree.selected;
  }

  /** The folder that new things go to. */
  get folder() {
    return this.into(this.selected);
  }

  /** @param {Row | undefined} row @returns {string} the folder that it is, or is in */
  into(row) {
    if (!row || !row.there) return this.data.folder;
    return row.kind === "folder" ? row.id : parent(row.id);
  }

  /** Ask for a name. @param {string} label @param {string} value @param {string} yes @param {(name: string) => void} done */
  name(label, value, yes, done) {
    const { words } = this.data;
    const fault = (/** @type {string} */ name) => (isName(name) ? "" : words.no_name);
    named(this.asks, { label, value, yes, no: words.cancel, fault }, (name) => {
      this.panel.tree.focus();
      done(name);
    });
  }

  /** @param {"file" | "folder"} kind */
  make(kind) {
    const { panel } = this;
    const { words, folder } = this.data;
    const { folder: place } = this;
    const inside = place === folder ? "" : ` (${place.slice(join(folder, "").length)}/)`;
    this.name(words[`new_${kind}`] + inside, "", words.make, async (name) => {
      const path = join(place, name);
      const made = await panel.act(async () => {
        if (kind === "file") await panel.machine.write(path, "", null);
        else await panel.machine.makeFolder(path);
      });
      if (!made) return;
      if (place !== folder) panel.open.add(place);
      await panel.refresh();
      panel.tree.select(path, true);
      if (kind === "file") await panel.edit(path);
      if (kind === "file") panel.files.editor.focus();
    });
  }

  rename() {
    const { panel } = this;
    const row = this.selected;
    if (!row?.there) return;
    this.name(fill(this.data.words.rename_to, { name: row.name }), row.name, this.data.words.rename, async (name) => {
      const to = join(parent(row.id), name);
      if (to === row.id) return;
      const done = await panel.act(() => panel.machine.rename(row.id, to));
      if (!done) return;
      panel.files.move(row.id, to);
      panel.open = new Set([...panel.open].map((each) => moved(each, row.id, to)));
      await panel.refresh();
      panel.tree.select(to, true);
      panel.remember();
    });
  }

  async remove() {
    const { panel } = this;
    const { words } = this.data;
    const row = this.selected;
    if (!row) return;
    const text = row.there ? words[`delete_${row.kind === "folder" ? "folder" : "file"}`] : words.forget;
    if (!(await asked(panel.root, fill(text, { name: row.name }), words.delete, words.cancel))) return;
    if (row.there && !(await panel.act(() => panel.machine.remove(row.id)))) return;
    panel.files.forget(row.id);
    await panel.refresh();
    panel.tree.focus();
  }

  /** @param {Row | undefined} row @param {string} [path] */
  download(row, path = row?.id) {
    if (path) this.panel.act(() => this.panel.machine.download(path, row?.kind === "folder"));
  }

  /** Choose files to send, in the browser's own dialog. */
  pick() {
    this.chosen.click();
  }

  /** @param {Parameters<typeof sent>[2]} what @param {string} folder */
  async upload(what, folder) {
    const { panel } = this;
    const { words, most } = this.data;
    const large = what.uploads.find(({ file }) => file.size > most);
    if (large) {
      panel.say(fill(words.upload_large, { name: large.path, size: most / 1e6 }), true);
      return;
    }
    const count = what.uploads.length;
    let done = 0;
    const well = await panel.act(async () => {
      done = await sent(panel.machine, folder, what, {
        sending: (name, number) => panel.say(fill(words.sending, { name, number, count })),
        replace: (name) => asked(panel.root, fill(words.replace, { name }), words.replace_it, words.leave_it),
      });
    });
    if (folder !== this.data.folder) panel.open.add(folder);
    await panel.refresh();
    if (well) panel.say(counted("sent", done, this.data));
  }

  dropping() {
    const { root } = this.panel;
    const over = (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.types.includes("Files")) return null;
      event.preventDefault();
      const row = /** @type {HTMLElement} */ (event.target).closest(".essaim-file");
      const at = this.panel.tree.rows.find(({ id }) => id === /** @type {HTMLElement | null} */ (row)?.dataset.path);
      return this.into(at);
    };
    root.ondragover = (event) => {
      const folder = over(event);
      if (folder !== null) root.dataset.dropping = "true";
    };
    root.ondragleave = (event) => {
      if (!root.contains(/** @type {Node | null} */ (event.relatedTarget))) delete root.dataset.dropping;
    };
    root.ondrop = async (event) => {
      const folder = over(event);
      delete root.dataset.dropping;
      if (folder === null || !event.dataTransfer) return;
      this.upload(await dropped(event.dataTransfer), folder);
    };
  }

  /** A key in the tree. @param {string} key @returns whether it did something */
  key(key) {
    if (key === "F2") this.rename();
    else if (key === "Delete") this.remove();
    else return false;
    return true;
  }
}
