const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*/g;
const parentheses = /\([^()]*\)/g;

/** Whether a statement inserts, updates or deletes and returns no rows. */
export function writesInSilence(text: string): boolean {
  const statement = topLevel(text);
  const [verb = ""] = statement.match(/\b(?:select|values|table|insert|update|delete|merge)\b/i) ?? [];
  return /^(?:insert|update|delete|merge)$/i.test(verb) && !/\breturning\b/i.test(statement);
}

/** A statement without what is quoted, commented or in parentheses. */
function topLevel(text: string): string {
  let left = text.replaceAll(quoted, " ");
  for (let before = ""; before !== left; ) {
    before = left;
    left = left.replaceAll(parentheses, " ");
  }
  return left;
}
