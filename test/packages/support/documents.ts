import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";

/** A code block of a document: what stands behind its three backticks, and its text. */
interface Block {
  readonly info: string;
  readonly text: string;
}

/** The code blocks of a document, in their order. */
function blocksOf(path: string): readonly Block[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = "", block = ""]) => ({ info, text: block }));
}

/** The one block of a document that is a diff. */
export function diffOf(path: string): string {
  const [diff, ...others] = blocksOf(path).filter(({ info }) => info === "diff");
  if (!diff || others.length > 0) throw new Error(`${path} must have one diff.`);
  return diff.text;
}

/** The snippets of a document by the names of their files, which their first lines tell: `// client.ts`. */
export function snippetsOf(path: string): ReadonlyMap<string, string> {
  const snippets = blocksOf(path).filter(({ info }) => info === "ts" || info === "tsx");
  return new Map(
    snippets.map(({ info, text }) => {
      const name = /^\/\/ ([\w-]+\.tsx?)\n/.exec(text)?.[1];
      if (!name?.endsWith(`.${info}`))
        throw new Error(`${path}: a snippet does not begin with its file's name:\n${text}`);
      return [name, text];
    }),
  );
}
