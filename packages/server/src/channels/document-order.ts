import { type Id, MalformedUpdate } from "./document-reader.ts";

export interface Struct {
  readonly clock: number;
  /** What of other clients must be there before it. */
  readonly needs: readonly Id[];
}

/** The structs of one client in an update: they fill the clocks from `from` to before `to`. */
export interface Block {
  readonly from: number;
  readonly to: number;
  readonly structs: readonly Struct[];
}

interface Progress {
  readonly client: number;
  readonly block: Block;
  next: number;
  /** The clock to which its structs are in place. */
  done: number;
}

/**
 * Puts the structs of an update in place as Yjs does, each after those that it depends on.
 *
 * @returns what must be there before the update: of each client the greatest clock
 * @throws {MalformedUpdate} when some wait for each other, or for what comes after the update: Yjs would keep them waiting for ever
 */
export function orderStructs(blocks: ReadonlyMap<number, Block>): Id[] {
  const needs = new Map<number, number>();
  const all = new Map<number, Progress>();
  for (const [client, block] of blocks) all.set(client, { client, block, next: 0, done: block.from });
  /** By client, those who wait for it to get on. */
  const waiting = new Map<number, Progress[]>();
  const ready = [...all.values()];
  for (let progress = ready.pop(); progress; progress = ready.pop()) {
    const { done } = progress;
    const missing = advance(progress, all, needs);
    if (missing !== undefined) waiting.set(missing, [...(waiting.get(missing) ?? []), progress]);
    // Those who wait for one that did not get on go on waiting, or two that wait for each other would never end.
    if (progress.done === done) continue;
    ready.push(...(waiting.get(progress.client) ?? []));
    waiting.delete(progress.client);
  }
  if ([...all.values()].some(({ next, block }) => next < block.structs.length)) {
    throw new MalformedUpdate("structs depend on each other, or on what is not there yet");
  }
  return [...needs].map(([client, clock]) => ({ client, clock }));
}

/** @returns the client that has to get on before this one can */
function advance(
  progress: Progress,
  all: ReadonlyMap<number, Progress>,
  needs: Map<number, number>,
): number | undefined {
  const { structs, to } = progress.block;
  for (; progress.next < structs.length; progress.next += 1) {
    for (const { client, clock } of structs[progress.next]?.needs ?? []) {
      const other = all.get(client);
      if (other && clock >= other.block.from) {
        if (clock >= other.done) return client;
      } else {
        needs.set(client, Math.max(needs.get(client) ?? 0, clock));
      }
    }
    progress.done = structs[progress.next + 1]?.clock ?? to;
  }
  return undefined;
}
