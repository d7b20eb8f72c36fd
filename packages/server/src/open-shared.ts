import { processWide } from "./process-wide.ts";

/** Something open, in the hands of one of those who use it. */
export interface Share<T> {
  readonly value: T;
  /** Closes it when nobody else has it. A second call does nothing. */
  release(): Promise<void>;
}

interface Entry {
  readonly value: Promise<unknown>;
  users: number;
  closing?: Promise<unknown>;
}

const entries = processWide("open.1", () => new Map<unknown, Entry>());

/**
 * Opens something once for all in this process who ask for it by the same key, and closes it when the last of them lets it go. Who comes
 * while it closes waits for that and opens it anew.
 *
 * @throws what `open` throws; the next one to ask tries again
 */
export async function openShared<T>(
  key: unknown,
  open: () => Promise<T>,
  close: (value: T) => Promise<void>,
): Promise<Share<T>> {
  for (let closing = entries.get(key)?.closing; closing; closing = entries.get(key)?.closing) await closing;
  const entry = entries.get(key) ?? { value: open(), users: 0 };
  entries.set(key, entry);
  entry.users += 1;
  try {
    return shareOf(key, entry, (await entry.value) as T, close);
  } catch (error) {
    if (entries.get(key) === entry) entries.delete(key);
    throw error;
  }
}

function shareOf<T>(key: unknown, entry: Entry, value: T, close: (value: T) => Promise<void>): Share<T> {
  let released = false;
  return {
    value,
    async release() {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users > 0) return;
      const closing = close(value).finally(() => entries.delete(key));
      entry.closing = closing.catch(() => {});
      await closing;
    },
  };
}
