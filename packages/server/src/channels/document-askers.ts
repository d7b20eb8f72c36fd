import { noRoom } from "../security/too-many.ts";
import type { User } from "../user.ts";

/** How much of what needs whole documents is done for a user at once on a node, and how much may wait for that. */
const mostAtOnce = 2;
const mostWaiting = 100;

interface Asker {
  running: number;
  readonly waiting: (() => void)[];
}

const askers = new Map<string, Asker>();

/**
 * Does something for a user that reads whole documents. Who asks for much at once waits for it, so that no more than a few of them are in
 * memory for anybody.
 *
 * @param run - is given by whom it is asked, as the threads tell users apart
 * @throws {ShoalError} `TOO_MANY_REQUESTS` when too much waits already
 */
export async function doFor<R>(user: User | null, run: (by: string) => Promise<R>): Promise<R> {
  const by = JSON.stringify([user?.tenant ?? null, user?.id ?? null]);
  const asker = askers.get(by) ?? { running: 0, waiting: [] };
  askers.set(by, asker);
  if (asker.running < mostAtOnce) asker.running += 1;
  else if (asker.waiting.length < mostWaiting) await new Promise<void>((resolve) => asker.waiting.push(resolve));
  else throw noRoom(`More than ${mostWaiting} versions of documents wait to be read for you. Ask for less at once.`);
  try {
    return await run(by);
  } finally {
    const next = asker.waiting.shift();
    if (next) next();
    else asker.running -= 1;
    if (asker.running === 0) askers.delete(by);
  }
}
