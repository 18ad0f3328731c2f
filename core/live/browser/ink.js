// What a program printed in colours, as elements: a terminal's colours (ECMA-48), in tones that can
// be read on the page's own ground.

const ESCAPE = /\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^-~])/g;
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f]/g;
const NAMED = ["#000000", "#d0342c", "#1f8a3b", "#9a6b00", "#2f6fdb", "#a846b0", "#0a8290", "#8c8c8c"];
const LEVELS = [0, 95, 135, 175, 215, 255];

// The nodes that show a text: plain pieces as they are, each coloured one in an element of its own.
export function inked(text) {
  const pieces = [];
  let style = {},
    past = 0;
  const write = (piece) => {
    const seen = piece.replace(UNSEEN, "");
    if (seen) pieces.push(Object.keys(style).length ? coloured(seen, style) : seen);
  };
  for (const found of text.matchAll(ESCAPE)) {
    write(text.slice(past, found.index));
    past = found.index + found[0].length;
    if (found[2] === "m") style = changed(style, found[1].split(/[;:]/).map(Number));
  }
  write(text.slice(past));
  return pieces;
}

function coloured(text, { ink, ground, bold, italic, under }) {
  const shown = document.createElement("span");
  shown.textContent = text;
  // Mixed with the page's own colours: light on dark, dark on light.
  if (ink) shown.style.color = `color-mix(in srgb, ${ink} 72%, var(--st-text-color))`;
  if (ground) shown.style.background = `color-mix(in srgb, ${ground} 35%, var(--st-background-color))`;
  if (bold) shown.style.fontWeight = "700";
  if (italic) shown.style.fontStyle = "italic";
  if (under) shown.style.textDecoration = "underline";
  return shown;
}

function changed(before, codes) {
  const style = { ...before };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at];
    if (code === 0) for (const key of Object.keys(style)) delete style[key];
    else if (code === 1) style.bold = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.under = true;
    else if (code === 22) delete style.bold;
    else if (code === 23) delete style.italic;
    else if (code === 24) delete style.under;
    else if (code === 39) delete style.ink;
    else if (code === 49) delete style.ground;
    else if (code === 38 || code === 48) {
      const many = codes[at + 1] === 2;
      const color = many ? rgb(codes.slice(at + 2, at + 5)) : indexed(codes[at + 2]);
      at += many ? 4 : 2;
      if (color) style[code === 38 ? "ink" : "ground"] = color;
    } else {
      const named = NAMED[code % 10];
      if ((code >= 30 && code < 38) || (code >= 90 && code < 98)) style.ink = named;
      if ((code >= 40 && code < 48) || (code >= 100 && code < 108)) style.ground = named;
    }
  }
  return style;
}

function rgb(parts) {
  return parts.length === 3 && parts.every((part) => part >= 0 && part < 256) ? `rgb(${parts.join()})` : null;
}

// One of a terminal's 256: sixteen named, a cube of six by six by six, and greys.
function indexed(number) {
  if (!(number >= 0 && number < 256)) return null;
  if (number < 16) return NAMED[number % 8];
  if (number > 231) return rgb(Array(3).fill(8 + 10 * (number - 232)));
  const cube = number - 16;
  return rgb([36, 6, 1].map((step) => LEVELS[Math.floor(cube / step) % 6]));
}
