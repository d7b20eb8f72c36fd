import type { TRPCProcedureType } from "@trpc/server";
import type { Head } from "./head.ts";

/** What a client asked for. */
export interface Call {
  readonly head: Head;
  readonly id: number | string;
  readonly type: TRPCProcedureType;
  readonly path: string;
  readonly input: unknown;
  /** Of a subscription: about how many characters its request had on the wire. */
  readonly size: number;
}

/** The input with the id from which a subscription goes on: added to the fields of an object, or instead of nothing. */
export function withLastEventId(input: unknown, lastEventId: string | undefined): unknown {
  if (lastEventId === undefined) return input;
  if (isObject(input)) return { ...input, lastEventId };
  return input ?? { lastEventId };
}

/** What tRPC takes as an object with fields. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
