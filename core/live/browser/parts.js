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
