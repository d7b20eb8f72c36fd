import { createMemoryStore, type Store } from "@shoal/server";
import { hasPostgres } from "../support/postgres.ts";
import { preparePostgres } from "./kinds.ts";
import { openAt } from "./store-at.ts";
import { wrapStore } from "./wrap-store.ts";

/** Stores on the same data, one for each of two servers. */
export interface Sharing extends AsyncDisposable {
  next(): readonly [Store, Store];
}

/** What two servers can share. */
export const sharings = [
  { name: "memory", here: true, prepare: prepareMemory },
  { name: "Postgres", here: hasPostgres, prepare: prepareShared },
];

async function prepareMemory(): Promise<Sharing> {
  return {
    next() {
      const store = createMemoryStore();
      const shared = wrapStore(store, { close: async () => {} });
      return [shared, shared];
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

async function prepareShared(): Promise<Sharing> {
  const places = await preparePostgres();
  return {
    next() {
      const at = places.next();
      return [openAt(at), openAt(at)];
    },
    [Symbol.asyncDispose]: () => places[Symbol.asyncDispose](),
  };
}
