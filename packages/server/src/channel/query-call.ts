import type { ChannelTypes, FrameEvent, QueryOutput, TopicSnapshot } from "@shoal/contract";
import type { Kysely } from "kysely";

/** One event of a topic's history, with who caused it. */
export type HistoryEvent<T extends ChannelTypes> = FrameEvent<T["events"]> & { readonly userId: string | null };

/** A topic as one reads it who may watch it; else its methods are refused. */
export interface TopicReader<T extends ChannelTypes> {
  state(): Promise<T["state"]>;
  /**
   * The state with its place, however large it is, from which a client goes on live: a page is rendered from it, or a client's
   * `topic.hydrate` takes it. Take it as the user whom it is for, whose audience it is cut for.
   */
  snapshot(): Promise<TopicSnapshot<T>>;
  /** The newest events below offset `before` (by default all), at most `limit`, newest first. */
  history(options: {
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<readonly HistoryEvent<T>[]>;
}

/** What a query answers with. */
export interface QueryCall<T extends ChannelTypes, K extends keyof T["queries"], W, C, DB> {
  readonly input: T["queries"][K] extends { input: infer Input } ? Input : never;
  readonly user: W;
  readonly ctx: C;
  /** The store's clock, in milliseconds since the epoch. */
  readonly now: number;
  /** Reads the channel's tables, and any other. What of it the user may see is for the query to say. */
  readonly read: Kysely<DB>;
  /** @throws {ShoalError} `FORBIDDEN` or `UNAUTHORIZED` from its methods when the user may not watch the topic */
  topic(params: T["params"]): TopicReader<T>;
}

export type QueryHandler<T extends ChannelTypes, K extends keyof T["queries"], W, C, DB> = (
  call: QueryCall<T, K, W, C, DB>,
) => QueryOutput<T, K> | Promise<QueryOutput<T, K>>;
