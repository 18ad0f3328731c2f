// Texts in the viewer's language.

/** A text with each {name} replaced. @param {string} text @param {Record<string, unknown>} values */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * The plural form that suits a count: the words hold `NAME_one` and `NAME_other`. A count that is no number,
 * such as "?", takes the form of many.
 * @param {string} name
 * @param {number | string} count
 * @param {{ words: Record<string, string>, language: string }} data
 * @param {Record<string, unknown>} [values] more to fill in
 */
export function counted(name, count, { words, language }, values) {
  const form = typeof count === "number" ? new Intl.PluralRules(language).select(count) : "other";
  return fill(words[`${name}_${form}`] || words[`${name}_other`], { count, ...values });
}

/** A number as its language writes it; null is a dash. @param {number | null} value @param {string} language */
export function number(value, language, places = 0) {
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  return value === null ? "–" : value.toLocaleString(language, digits);
}

/** The time of day. @param {number} seconds since the epoch */
export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB");
}
