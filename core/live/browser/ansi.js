// What a program printed in colours, as elements: a terminal's colours (ECMA-48), in tones that can be read on the
// page's own background.

import { element } from "./dom.js";

/** @typedef {{ ink?: string, ground?: string, bold?: boolean, italic?: boolean, under?: boolean }} Style */

const ESCAPE = /\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^-~])/g;
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f]/g;
const NAMED = ["#000000", "#d0342c", "#1f8a3b", "#9a6b00", "#2f6fdb", "#a846b0", "#0a8290", "#8c8c8c"];
const LEVELS = [0, 95, 135, 175, 215, 255];
/** @type {Style} */
const PLAIN = { ink: undefined, ground: undefined, bold: undefined, italic: undefined, under: undefined };
/** @type {Record<number, Style>} by code of Select Graphic Rendition, what it changes */ const CODES = {
  0: PLAIN,
  1: { bold: true },
  3: { italic: true },
  4: { under: true },
  22: { bold: undefined },
  23: { italic: undefined },
  24: { under: undefined },
  39: { ink: undefined },
  49: { ground: undefined },
};

/**
 * The text in pieces of one style each, without its escape sequences.
 * @param {string} text
 * @returns {{ text: string, style: Style }[]}
 */
export function styled(text) {
  /** @type {ReturnType<typeof styled>} */ const pieces = [];
  let style = PLAIN;
  let past = 0;
  const add = (/** @type {number | undefined} */ end) => {
    const seen = text.slice(past, end).replace(UNSEEN, "");
    if (seen) pieces.push({ text: seen, style });
  };
  for (const found of text.matchAll(ESCAPE)) {
    add(found.index);
    past = found.index + found[0].length;
    if (found[2] === "m") style = changed(style, found[1].split(/[;:]/).map(Number));
  }
  add(undefined);
  return pieces;
}

/** The nodes that show a text: plain pieces as they are, each coloured one in an element. @param {string} text */
export function inked(text) {
  return styled(text).map(({ text: seen, style }) => {
    const { ink, ground, bold, italic, under } = style;
    if (!ink && !ground && !bold && !italic && !under) return seen;
    const shown = element("span", "", null, seen);
    // Mixed with the page's own colours: light on dark, dark on light.
    if (ink) shown.style.color = `color-mix(in srgb, ${ink} 72%, var(--st-text-color))`;
    if (ground) shown.style.background = `color-mix(in srgb, ${ground} 35%, var(--st-background-color))`;
    if (bold) shown.style.fontWeight = "700";
    if (italic) shown.style.fontStyle = "italic";
    if (under) shown.style.textDecoration = "underline";
    return shown;
  });
}

function changed(/** @type {Style} */ before, /** @type {number[]} */ codes) {
  const style = { ...before };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at];
    const named = NAMED[code % 10];
    if (code in CODES) Object.assign(style, CODES[code]);
    else if (code === 38 || code === 48) {
      const direct = codes[at + 1] === 2;
      const color = direct ? rgb(codes.slice(at + 2, at + 5)) : indexed(codes[at + 2]);
      at += direct ? 4 : 2;
      if (color) style[code === 38 ? "ink" : "ground"] = color;
    } else if ((code >= 30 && code < 38) || (code >= 90 && code < 98)) style.ink = named;
    else if ((code >= 40 && code < 48) || (code >= 100 && code < 108)) style.ground = named;
  }
  return style;
}

function rgb(/** @type {number[]} */ parts) {
  return parts.length === 3 && parts.every((part) => part >= 0 && part < 256) ? `rgb(${parts.join()})` : null;
}

/** One of a terminal's 256: sixteen named, a cube of six by six by six, and greys. @param {number} number */
function indexed(number) {
  if (!(number >= 0 && number < 256)) return null;
  if (number < 16) return NAMED[number % 8];
  if (number > 231) return rgb(Array(3).fill(8 + 10 * (number - 232)));
  const cube = number - 16;
  return rgb([36, 6, 1].map((step) => LEVELS[Math.floor(cube / step) % 6]));
}
