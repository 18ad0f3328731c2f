// What Streamlit's own markup lacks for those who hear the page or have no mouse.

import { fill } from "./texts.js";

/** The menu of pages on a phone: headings stand in its list, which must hold items alone. */
const LISTS = "[data-testid=stSidebarNavItems], [data-testid=stSidebarNavItems] li:not([role])";

/** The menu of a section of pages, which opens at the end of the page, outside of every landmark. */
const MENUS = "[data-testid=stTopNavPopoverBody]:not([role])";

/** The attributes that hold Streamlit's words, and ours that keep the English ones. */
const KEPT = { "aria-label": "data-named", placeholder: "data-held" };
const SKIP = "Skip to main content";
const HELP = "Help for "; // and the name of the widget

/**
 * Mend what is drawn now. Streamlit draws again without touching what it did not write itself.
 * @param {Record<string, string>} names by Streamlit's English one, those in the viewer's language
 */
export function mend(names) {
  // What opens above the page, a dialog or a popover, stands outside of the app, which alone knows whether it is dark.
  const app = document.querySelector("[data-testid=stApp]");
  if (app) document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme;
  for (const each of document.querySelectorAll(LISTS)) each.setAttribute("role", "none");
  for (const each of document.querySelectorAll(MENUS)) {
    each.setAttribute("role", "navigation");
    each.setAttribute("aria-labelledby", each.querySelector("[role=menu]")?.getAttribute("aria-labelledby") || "");
  }
  for (const [attribute, kept] of Object.entries(KEPT)) {
    for (const [english, name] of Object.entries(names)) {
      for (const each of document.querySelectorAll(`[${attribute}="${english}"], [${kept}="${english}"]`)) {
        if (each.getAttribute(attribute) === name) continue;
        each.setAttribute(kept, english);
        each.setAttribute(attribute, name);
      }
    }
  }
  // Its English text is only made invisible: see core/ui/style.py.
  document.querySelector("[data-testid=stSkipToContent]")?.setAttribute("aria-label", names[SKIP]);
  for (const each of document.querySelectorAll(`[aria-label^="${HELP}"]`)) {
    const widget = (each.getAttribute("aria-label") || "").slice(HELP.length);
    each.setAttribute("aria-label", fill(names[HELP], { widget }));
  }
}
