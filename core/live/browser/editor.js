// The editor of one text: CodeMirror, with the languages of a class on Docker.

import {
  EditorState,
  EditorView,
  HighlightStyle,
  StateEffect,
  StreamLanguage,
  bracketMatching,
  defaultKeymap,
  dockerFile,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  history,
  historyKeymap,
  html,
  indentOnInput,
  indentUnit,
  indentWithTab,
  isolateHistory,
  json,
  keymap,
  lineNumbers,
  python,
  shell,
  syntaxHighlighting,
  tags,
  yaml,
} from "./codemirror.mjs";
import { base, language, lineEnd } from "./file_names.js";
import { fill } from "./texts.js";

/** @import { Words } from "./types" */

/** @type {Record<string, () => any>} */
const LANGUAGES = {
  dockerfile: () => StreamLanguage.define(dockerFile),
  html,
  json,
  python,
  shell: () => StreamLanguage.define(shell),
  yaml,
};

// Classes: files.css gives each a colour that can be read on either ground.
const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], class: "essaim-code-keyword" },
  { tag: [tags.string, tags.regexp, tags.attributeValue], class: "essaim-code-string" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], class: "essaim-code-number" },
  { tag: [tags.comment, tags.meta], class: "essaim-code-comment" },
  { tag: [tags.propertyName, tags.attributeName, tags.tagName], class: "essaim-code-name" },
  {
    tag: [tags.function(tags.variableName), tags.definition(tags.variableName), tags.standard(tags.variableName)],
    class: "essaim-code-defined",
  },
]);

export class Editor {
  /**
   * @param {Element} parent
   * @param {Words} words
   * @param {{ changed: (state: EditorState) => void, save: () => void }} actions
   */
  constructor(parent, words, { changed, save }) {
    this.words = words;
    this.save = save;
    this.changed = changed;
    this.view = new EditorView({ parent });
  }

  /** @param {string} path @param {string} content its first text: the end of its lines stays theirs */
  extensions(path, content) {
    const found = language(path, content);
    const indent = found === "python" ? 4 : 2;
    return [
      LANGUAGES[found]?.() || [],
      EditorState.lineSeparator.of(lineEnd(content)),
      EditorState.tabSize.of(indent),
      indentUnit.of(" ".repeat(indent)),
      lineNumbers(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      history(),
      indentOnInput(),
      bracketMatching(),
      syntaxHighlighting(style),
      EditorView.contentAttributes.of({
        "aria-label": fill(this.words.text_of, { name: base(path) }),
        "aria-description": this.words.leave_text,
        tabindex: "0",
        spellcheck: "false",
        autocapitalize: "off",
      }),
      EditorView.updateListener.of((update) => this.changed(update.state)),
      keymap.of([
        {
          key: "Mod-s",
          preventDefault: true,
          run: () => {
            this.save();
            return true;
          },
        },
        ...defaultKeymap,
        ...historyKeymap,
        indentWithTab,
      ]),
    ];
  }

  /** A text, for `show`. @param {string} path @param {string} content */
  make(path, content) {
    return EditorState.create({ doc: content, extensions: this.extensions(path, content) });
  }

  /** The same for a file that has another name now. @param {string} path @param {EditorState} state */
  named(path, state) {
    return state.update({ effects: StateEffect.reconfigure.of(this.extensions(path, state.sliceDoc())) }).state;
  }

  show(/** @type {EditorState} */ state) {
    this.view.setState(state);
  }

  focus() {
    this.view.focus();
  }

  close() {
    this.view.destroy();
  }

  /**
   * The state with another text; Ctrl-Z brings back the one before.
   * @param {string} path
   * @param {EditorState} state
   * @param {string} content
   */
  replaced(path, state, content) {
    const { doc, lineBreak } = this.make(path, content);
    if (doc.eq(state.doc) && lineBreak === state.lineBreak) return state;
    return state.update({
      changes: { from: 0, to: state.doc.length, insert: doc },
      selection: { anchor: Math.min(state.selection.main.head, doc.length) },
      effects: lineBreak === state.lineBreak ? [] : StateEffect.reconfigure.of(this.extensions(path, content)),
      annotations: isolateHistory.of("full"),
    }).state;
  }
}
