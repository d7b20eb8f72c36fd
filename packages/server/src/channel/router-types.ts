import type {
  Channel,
  ChannelTypes,
  CommandOutcome,
  CommandSend,
  CreatingCommand,
  Flat,
  Frame,
  PublicCommand,
  QueryOutput,
  QuerySend,
} from "@shoal/contract";
import type {
  AnyTRPCRootTypes,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from "@trpc/server";

/** What `watch` takes besides the params. */
export interface WatchInput<Presence> {
  /** Where to go on: the id of the last frame that was applied. */
  readonly lastEventId?: string | null | undefined;
  /** Makes the watcher a member of the topic, with this state. It needs a `clientId`. */
  readonly presence?: Presence | undefined;
  /** Names this client (a tab, a device) among those of its user: 1 to 128 characters. */
  readonly clientId?: string | undefined;
  /**
   * The version of the contract that the client has. An older one than is served is told `OUTDATED`.
   * @default that which is served
   */
  readonly version?: number | undefined;
  /**
   * Which of the channel's audiences to watch as, where that is for the client to choose.
   * @default the one that the channel's `audience` names, or its first one
   */
  readonly audience?: string | undefined;
}

/** What each command takes besides the params and its own fields. */
export interface CommandFields {
  /** Makes a repetition the same command, with one effect and one answer: 1 to 128 characters, best ordered by time. */
  readonly commandId?: string | undefined;
  /** Tells the commandIds of anonymous callers apart; a secret of the client, 1 to 128 characters. */
  readonly clientId?: string | undefined;
  /**
   * The version of the contract in which the command is written. An older one is lifted.
   * @default that which is served
   */
  readonly version?: number | undefined;
}

export type WatchProcedure<T extends ChannelTypes> = TRPCSubscriptionProcedure<{
  meta: unknown;
  input: Flat<T["params"] & WatchInput<T["presence"]>>;
  output: AsyncIterable<{ id: string; data: Frame<T> }, void, unknown>;
}>;

export type CommandProcedure<T extends ChannelTypes, K extends keyof T["commands"]> = TRPCMutationProcedure<{
  meta: unknown;
  input: Flat<(K extends CreatingCommand<T> ? {} : T["params"]) & CommandSend<T, K> & CommandFields>;
  output: CommandOutcome<T, K>;
}>;

export type QueryProcedureOf<T extends ChannelTypes, K extends keyof T["queries"]> = TRPCQueryProcedure<{
  meta: unknown;
  input: keyof QuerySend<T, K> extends never ? undefined : QuerySend<T, K>;
  output: QueryOutput<T, K>;
}>;

export type PresenceProcedure<T extends ChannelTypes> = TRPCMutationProcedure<{
  meta: unknown;
  input: Flat<T["params"] & { readonly clientId: string; readonly state: T["presence"] }>;
  output: undefined;
}>;

export type BroadcastProcedure<T extends ChannelTypes> = TRPCMutationProcedure<{
  meta: unknown;
  input: {
    [K in keyof T["broadcasts"]]: Flat<T["params"] & { readonly name: K; readonly data: T["broadcasts"][K] }>;
  }[keyof T["broadcasts"]];
  output: undefined;
}>;

/** The procedures of a channel, as tRPC's clients see them. */
export type ChannelRouter<T extends ChannelTypes> = Flat<
  { watch: WatchProcedure<T> } & { [K in PublicCommand<T>]: CommandProcedure<T, K> } & {
    [K in keyof T["queries"]]: QueryProcedureOf<T, K>;
  } & ([T["presence"]] extends [never] ? {} : { presence: PresenceProcedure<T> }) &
    ([keyof T["broadcasts"]] extends [never] ? {} : { broadcast: BroadcastProcedure<T> })
>;

/** What every client may ask of the connection itself, signed in or not. */
export type ConnectionRouter = {
  /** The time by the store's clock, in milliseconds since the epoch. */
  readonly time: TRPCQueryProcedure<{ meta: unknown; input: undefined; output: { now: number } }>;
};

type TypesOfServed<S> = S extends { readonly channel: Channel<infer T> } ? T : never;

/** A router with a router of its own for each served channel, under the channel's name, and one for the connection. */
export type RealtimeRouter<R extends AnyTRPCRootTypes, S extends readonly unknown[]> = TRPCBuiltRouter<
  R,
  { [K in S[number] as TypesOfServed<K>["name"]]: ChannelRouter<TypesOfServed<K>> } & { connection: ConnectionRouter }
>;
