// All that the editor takes of CodeMirror. `npm run vendor` makes it one module, vendor/codemirror.mjs, of the
// packages that package-lock.json names; then `sha256sum` gives the line of vendor/SHA256SUMS.

export { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
export { html } from "@codemirror/lang-html";
export { json } from "@codemirror/lang-json";
export { python } from "@codemirror/lang-python";
export { yaml } from "@codemirror/lang-yaml";
export {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  StreamLanguage,
  syntaxHighlighting,
} from "@codemirror/language";
export { dockerFile } from "@codemirror/legacy-modes/mode/dockerfile";
export { shell } from "@codemirror/legacy-modes/mode/shell";
export { EditorState, StateEffect } from "@codemirror/state";
export {
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
export { tags } from "@lezer/highlight";
