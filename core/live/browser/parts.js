// Small parts of the page that several of our scripts make.

export function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  if (parent) parent.append(made);
  return made;
}

// Put a text into the clipboard, also where the page is served without TLS, as in most classrooms:
// there the browser has no navigator.clipboard.
export function copy(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const field = element("textarea", "", document.body);
  field.value = text;
  field.select();
  document.execCommand("copy");
  field.remove();
  return Promise.resolve();
}

// The form of a text that suits the count, in the viewer's language: words hold `name_one` and
// `name_other`. What is no number, such as "?", is told as many are.
export function counted(name, count, { words, language }) {
  const form = typeof count === "number" ? new Intl.PluralRules(language).select(count) : "other";
  return (words[`${name}_${form}`] || words[`${name}_other`]).replace("{count}", count);
}
