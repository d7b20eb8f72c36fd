import { MalformedUpdate, type UpdateReader } from "./document-reader.ts";

/** How much of a document a content makes up, and whether it is a shared type. */
interface Content {
  readonly length: number;
  readonly isType: boolean;
}

/** The kinds of structs, as the lower bits of their first byte say. */
export const kinds = {
  collected: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  text: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  skip: 10,
} as const;

const one: Content = { length: 1, isType: false };

/** Of a shared type: those that are followed by a name, and those that are not. */
const namedTypes = [3, 5];
const types = [0, 1, 2, 4, 6];

/**
 * Reads the content of a struct.
 *
 * @throws {MalformedUpdate} when it is of no kind that a document has. A document in a document is none: it would be one that nobody checks.
 */
export function readContent(reader: UpdateReader, kind: number): Content {
  switch (kind) {
    case kinds.deleted:
      return { length: reader.length(), isType: false };
    case kinds.json:
      // Where such a list has no value it says so by a word that is no JSON.
      return some(reader, () => reader.json("undefined"));
    case kinds.binary:
      reader.binary();
      return one;
    case kinds.text:
      return { length: notNone(reader.text().length), isType: false };
    case kinds.embed:
      reader.json();
      return one;
    case kinds.format:
      reader.text();
      reader.json();
      return one;
    case kinds.type:
      readType(reader);
      return { length: 1, isType: true };
    case kinds.any:
      return some(reader, () => reader.any());
    default:
      throw new MalformedUpdate("it has a content of no known kind");
  }
}

/** Values of a list, of which each takes a byte at least. */
function some(reader: UpdateReader, read: () => void): Content {
  const length = notNone(reader.count(1));
  for (let index = 0; index < length; index += 1) read();
  return { length, isType: false };
}

function readType(reader: UpdateReader): void {
  const type = reader.number();
  if (namedTypes.includes(type)) reader.text();
  else if (!types.includes(type)) throw new MalformedUpdate("it makes a type of no known kind");
}

function notNone(length: number): number {
  if (length === 0) throw new MalformedUpdate("a struct is empty");
  return length;
}
