/**
 * Any string as Postgres can keep it: its text holds neither a NUL nor half of a surrogate pair, so those are written as JSON
 * writes them, and with them the backslash and the quote. Most strings stay as they are.
 */
export function toText(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** The string of which {@link toText} made this. */
export function fromText(text: string): string {
  return text.includes("\\") ? JSON.parse(`"${text}"`) : text;
}

/** An array as Postgres reads it, to be cast from text: one parameter for a column of any number of rows. */
export function toArray(values: readonly (string | number | null)[]): string {
  return `{${values.map(toElement).join(",")}}`;
}

function toElement(value: string | number | null): string {
  if (value === null) return "NULL";
  return typeof value === "number" ? String(value) : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** A name of the application's choice in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
