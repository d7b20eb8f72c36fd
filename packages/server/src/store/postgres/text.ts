/**
 * Any string as Postgres can keep it: its text holds neither a NUL nor half of a surrogate pair, so those are written as JSON
 * writes them, and with them every other control character, the backslash and the quote. Most strings stay as they are; an empty
 * one is two quotes, so that a list of it alone is not an empty list.
 */
export function toText(value: string): string {
  if (plain.test(value)) return value;
  return JSON.stringify(value).slice(1, -1) || empty;
}

/** The string of which {@link toText} made this. */
export function fromText(text: string): string {
  if (text === empty) return "";
  return text.includes("\\") ? JSON.parse(`"${text}"`) : text;
}

const empty = '""';

/** Printable ASCII without a quote or a backslash: nearly every id, told faster than it is written. */
const plain = /^[ !#-[\]-~]+$/;

/** Numbers as one parameter: an array as Postgres reads it. */
export function toNumbers(values: readonly (number | null)[]): string {
  return `{${values.map((value) => value ?? "NULL").join(",")}}`;
}

/**
 * Texts as one parameter, to be split again by {@link splitTexts}: one on each line, and a tab for `null`. Neither JSON nor what
 * {@link toText} makes holds a line break or a tab. To write and to read an array with its quotes takes four times as long.
 */
export function toTexts(values: readonly (string | null)[]): string {
  return values.map((value) => value ?? "\t").join("\n");
}

/** An array, in SQL, of what {@link toTexts} made. */
export function splitTexts(parameter: string): string {
  return `string_to_array(${parameter}::text, E'\\n', E'\\t')`;
}

/** A name of the application's choice in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
