import { connectInMemory } from "./sqlite/in-memory.ts";
import { SqliteStore } from "./sqlite/sqlite-store.ts";

export interface MemoryStoreOptions {
  /**
   * The store's clock, in milliseconds since the epoch: for tests that move it themselves.
   * @default Date.now
   */
  readonly now?: () => number;
}

/**
 * Keeps everything in this process and loses it with the process: SQLite without a file. For tests, and for what need not
 * outlive a restart.
 */
export function createMemoryStore({ now = Date.now }: MemoryStoreOptions = {}): SqliteStore {
  return new SqliteStore(undefined, false, () => connectInMemory(now));
}
