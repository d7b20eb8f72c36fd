import type { ChannelTypes, CommandInput } from "@shoal/contract";
import type { Kysely } from "kysely";
import type { TopicReader } from "./serve-options.ts";

/** What a command's `prepare` gets. It may wait: for a database, another service, a decoder. */
export interface PrepareCall<T extends ChannelTypes, K, W, C, DB> {
  /** Reads the channel's tables, and any other, as they are committed. No lock is held: they may be others when the command is decided. */
  readonly read: Kysely<DB>;
  /** The topic's state as it is committed, as far as this node knows it. It may be another one when the command is decided. */
  readonly state: T["state"];
  /** The offset of the last event that is in `state`, 0 for none. */
  readonly offset: number;
  /** Reads the topic's log, as the server sees it. */
  readonly history: TopicReader<T>["history"];
  readonly params: T["params"];
  readonly tenant: string | null;
  readonly input: K extends keyof T["commands"] ? CommandInput<T, K> : never;
  readonly user: W;
  readonly ctx: C | undefined;
  readonly commandId: string;
  /** The time by the store's clock, in milliseconds since the epoch, as far as this node knows it. */
  readonly now: number;
  /** Aborted when the deadline has passed and nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What a command's `load` gets. It reads under the topic's lock, so others wait for it: a few rows by their keys. */
export interface LoadCall<T extends ChannelTypes, K, W, DB> {
  readonly read: Kysely<DB>;
  readonly state: T["state"];
  readonly params: T["params"];
  readonly tenant: string | null;
  readonly input: K extends keyof T["commands"] ? CommandInput<T, K> : never;
  readonly user: W;
  readonly commandId: string;
  readonly now: number;
}
