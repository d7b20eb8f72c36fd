import { processWide } from "./process-wide.ts";

/** Something of which one lives in this process under a name, until it is closed or the next one comes. */
export interface Successor {
  close(): Promise<void>;
}

const living = processWide("living.1", () => new Map<string, Successor>());

/**
 * Makes `next` the one that lives under a name, and closes the one before it. Fulfilled when that has ended what it had under way.
 *
 * @returns whether there was one before it
 */
export async function succeed(name: string, next: Successor): Promise<boolean> {
  const before = living.get(name);
  living.set(name, next);
  if (!before || before === next) return false;
  // What goes wrong at its end is heard by whoever closes it, and keeps nobody from following.
  await before.close().catch(() => {});
  return true;
}

/** Gives the name up, where it has not passed on to another. */
export function resign(name: string, last: Successor): void {
  if (living.get(name) === last) living.delete(name);
}
