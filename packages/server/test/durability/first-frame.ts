import type { Frame } from "@shoal/contract";
import { isTrackedEnvelope } from "@trpc/server";
import { inTime } from "../support/recorder.ts";
import type { Ledger } from "./ledger.ts";

export interface LedgerFrame {
  readonly id: string;
  readonly frame: Frame<Ledger>;
}

/** The frame with which a subscription opens, and the id that came with it. The subscription then ends. */
export async function firstFrame(watch: Promise<AsyncIterable<unknown>>): Promise<LedgerFrame> {
  const iterator = (await watch)[Symbol.asyncIterator]();
  const { value } = await inTime(iterator.next(), "the first frame");
  await iterator.return?.();
  return toFrame(value);
}

export function toFrame(value: unknown): LedgerFrame {
  if (!isTrackedEnvelope(value)) throw new Error("A frame without a position was sent.");
  return { id: value[0], frame: value[1] as Frame<Ledger> };
}
