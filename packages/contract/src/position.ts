import { ShoalError } from "./errors.ts";

/**
 * A place in a topic's log. Clients keep and return it as one opaque string, the id of every frame.
 *
 * - `epoch` the topic's generation, random; another one means that offsets start anew
 * - `offset` the last event that the holder has applied, 0 before the first
 * - `audience` for whom the events were cut
 */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
  readonly audience: string;
}

const pattern = /^([A-Za-z0-9_-]{1,64}):(0|[1-9][0-9]{0,15}):([A-Za-z0-9_-]{1,64})$/;

export function formatPosition({ epoch, offset, audience }: Position): string {
  return `${epoch}:${offset}:${audience}`;
}

/** @throws {ShoalError} `BAD_REQUEST` when the text is not a position */
export function parsePosition(text: string): Position {
  const [, epoch, digits, audience] = pattern.exec(text) ?? [];
  const offset = Number(digits);
  if (epoch === undefined || audience === undefined || !Number.isSafeInteger(offset)) {
    throw new ShoalError("BAD_REQUEST", "lastEventId is not a position of this server. Subscribe again without it.");
  }
  return { epoch, offset, audience };
}
