import { randomFillSync } from "node:crypto";
import { v7 as uuidv7 } from "uuid";

const idBytes = 16;
/** Drawn for many ids at once: a draw for each takes a tenth of a busy node's time. */
const pool = new Uint8Array(256 * idBytes);
let used = pool.length;

/** An id for a command that came without one: unique, and ordered by time, so that the store's index of them grows at one end. */
export function newCommandId(): string {
  return uuidv7({ rng: draw });
}

function draw(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return pool.subarray(used - idBytes, used);
}
