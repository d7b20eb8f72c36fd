import type { Bare, Channel, ChannelTypes, Json, Lift, Schema } from "@shoal/contract";

/** The types of what only the server knows of a topic: its private state, and the secrets that events carry into it. */
export interface PrivateTypes {
  state: unknown;
  secrets: object;
}

/** A channel without a private part. */
export interface NoPrivate extends PrivateTypes {
  state: undefined;
  secrets: {};
}

/** Brings what older versions of the channel kept in its private part to today's. */
export interface PrivateMigration<S, E> {
  /** The private state, as an older version kept it in a snapshot; undefined where it had none. */
  readonly state: Lift<S>;
  /** Each of today's secrets, as it went with the event in an older version; null where there was none. */
  readonly secrets: { readonly [K in keyof E]: Lift<E[K]> };
}

/** The private part of a channel has a migration where the channel has one. */
type PrivateMigrationCheck<V, S, E> = V extends 1
  ? { readonly migrate?: "A channel of version 1 has nothing to migrate: give it a version above 1" }
  : { readonly migrate: PrivateMigration<S, E> };

/** A private part of any types, as the code behind the router sees it. */
export interface AnyPrivate {
  readonly state: Schema<unknown>;
  readonly secrets: Readonly<Record<string, Schema<unknown>>>;
  readonly migrate: PrivateMigration<unknown, Readonly<Record<string, unknown>>> | undefined;
  readonly initial: (params: object) => unknown;
  readonly apply: Readonly<Record<string, (state: unknown, data: unknown, secret: unknown) => unknown>>;
}

/** What the server decides with and nobody may see. Made by {@link definePrivate}. */
export interface PrivatePart<T extends ChannelTypes, X extends PrivateTypes> {
  /** Carries the types and exists in none but them. */
  readonly "~types"?: X;
  readonly state: Schema<X["state"]>;
  readonly secrets: { readonly [K in keyof X["secrets"]]: Schema<X["secrets"][K]> };
  readonly migrate: PrivateMigration<X["state"], X["secrets"]> | undefined;
  readonly initial: (params: T["params"]) => X["state"];
  readonly apply: {
    readonly [K in keyof T["events"]]?: (
      state: X["state"],
      data: Bare<T["events"][K]>,
      secret: K extends keyof X["secrets"] ? X["secrets"][K] : undefined,
    ) => X["state"];
  };
}

/**
 * Defines what the server alone knows of a channel's topics, such as the maxima behind the bids of an auction. It follows from the
 * events and their secrets as the state follows from the events; neither is ever in a frame.
 *
 * @param schemas.state - the private state, plain JSON
 * @param schemas.secrets - by event, what `emit` takes as its third argument
 * @param functions.migrate - required where the channel's version is above 1: how what older versions kept is read
 *
 * @example
 * ```ts
 * const maxima = definePrivate(auction, {
 *   state: z.object({ highest: z.int() }),
 *   secrets: { bidPlaced: z.object({ maximum: z.int() }) },
 * }, {
 *   initial: () => ({ highest: 0 }),
 *   apply: { bidPlaced: (state, _bid, { maximum }) => ({ highest: Math.max(state.highest, maximum) }) },
 * });
 * ```
 */
export function definePrivate<T extends ChannelTypes, S, E extends object = {}>(
  _channel: Channel<T>,
  schemas: {
    readonly state: Schema<S & Json>;
    readonly secrets?: { readonly [K in keyof E]: K extends keyof T["events"] ? Schema<E[K] & Json> : never };
  },
  functions: NoInfer<
    Pick<PrivatePart<T, { state: S; secrets: E }>, "initial" | "apply"> & PrivateMigrationCheck<T["version"], S, E>
  >,
): PrivatePart<T, { state: S; secrets: E }> {
  const { initial, apply, migrate } = functions;
  return { state: schemas.state, secrets: (schemas.secrets ?? {}) as never, initial, apply, migrate: migrate as never };
}
