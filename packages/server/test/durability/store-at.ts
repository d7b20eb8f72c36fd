import { createSqliteStore, type Store } from "@shoal/server";

/** Where data is, in words that can be sent to another process. */
export interface StoreAt {
  readonly sqlite: string;
}

export function openAt({ sqlite }: StoreAt): Store {
  return createSqliteStore({ path: sqlite });
}
