// What Streamlit's own markup lacks for those who hear the page or have no mouse.

/** The menu of pages on a phone: headings stand in its list, which must hold items alone. */
const LISTS = "[data-testid=stSidebarNavItems], [data-testid=stSidebarNavItems] li:not([role])";

/**
 * Mend what is drawn now. Streamlit draws again without touching what it did not write itself.
 * @param {Record<string, string>} names by Streamlit's English one, those in the viewer's language
 */
export function mend(names) {
  for (const each of document.querySelectorAll(LISTS)) each.setAttribute("role", "none");
  for (const [english, name] of Object.entries(names)) {
    for (const each of document.querySelectorAll(`[aria-label="${english}"], [data-named="${english}"]`)) {
      if (each.getAttribute("aria-label") === name) continue;
      each.setAttribute("data-named", english);
      each.setAttribute("aria-label", name);
    }
  }
}
