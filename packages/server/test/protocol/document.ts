import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../../../../PROTOCOL.md", import.meta.url), "utf8");

/**
 * A code block of PROTOCOL.md, by what stands behind its backticks: `json up watch` is a message from the client to the
 * server, `json down started` one from the server to the client, `json frame snapshot` the innermost part of one.
 */
export interface Example {
  readonly language: string;
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

export const examples: readonly Example[] = [...text.matchAll(/^```(\w+) (\w+) ?(.*)\n((?:.*\n)*?)```$/gm)].map(
  ([, language = "", kind = "", name = "", block = ""]) => ({ language, kind, name, text: block }),
);

/** The one example of a kind. */
export function exampleOf(kind: string): Example {
  const [example, ...others] = examples.filter((candidate) => candidate.kind === kind);
  if (!example || others.length > 0) throw new Error(`PROTOCOL.md must have one example of the kind ${kind}.`);
  return example;
}

/** The text under a heading, up to the next heading of the same level or of a higher one. */
function section(heading: string): string {
  const level = heading.indexOf(" ");
  const start = text.indexOf(`\n${heading}\n`);
  if (start === -1) throw new Error(`PROTOCOL.md has no "${heading}".`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, "m"));
  return end === -1 ? rest : rest.slice(0, end);
}

/** The names of the subsections of a section whose headings are code: the word in backticks. */
export function subsections(heading: string): readonly string[] {
  return [...section(heading).matchAll(/^#+ `(\w+)`$/gm)].map(([, name = ""]) => name);
}

/** The rows of a section's table that begin with a word in backticks: that word, and the other cells. */
export function table(heading: string): ReadonlyMap<string, readonly string[]> {
  const rows = [...section(heading).matchAll(/^\| `(\w+)` \|(.*)\|$/gm)];
  return new Map(rows.map(([, name = "", cells = ""]) => [name, cells.split("|").map((cell) => cell.trim())]));
}

/** The fields that a section's list describes: the words in backticks before each colon. */
export function fields(heading: string): readonly string[] {
  const items = [...section(heading).matchAll(/^- (`.*?`): /gm)];
  return items.flatMap(([, names = ""]) => [...names.matchAll(/`([\w.[\]]+)`/g)].map(([, name = ""]) => name));
}
