import { hasPostgres, openDatabase } from "../support/postgres.ts";
import type { StoreAt } from "./store-at.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Where stores of one kind can be, each on data of its own. Disposing of it removes them all. */
export interface Places extends AsyncDisposable {
  next(): StoreAt;
}

export interface Kind {
  readonly name: string;
  /** Whether it can be had here. */
  readonly here: boolean;
  prepare(): Promise<Places>;
}

/** The stores that outlive their process. */
export const kinds: readonly Kind[] = [
  { name: "SQLite", here: true, prepare: prepareSqlite },
  { name: "Postgres", here: hasPostgres, prepare: preparePostgres },
];

async function prepareSqlite(): Promise<Places> {
  const folder = await temporaryFolder();
  let count = 0;
  return {
    next() {
      count += 1;
      return { sqlite: folder.file(`shoal-${count}.db`) };
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export async function preparePostgres(): Promise<Places> {
  const database = await openDatabase();
  let count = 0;
  return {
    next() {
      count += 1;
      return { postgres: database.url, schema: `shoal_${count}` };
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
