import type { Bare, Channel, ChannelTypes, Json, Schema } from "@shoal/contract";

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

/** What the server decides with and nobody may see. Made by {@link definePrivate}. */
export interface PrivatePart<T extends ChannelTypes, X extends PrivateTypes> {
  /** Carries the types and exists in none but them. */
  readonly "~types"?: X;
  readonly secrets: { readonly [K in keyof X["secrets"]]: Schema<X["secrets"][K]> };
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
  functions: NoInfer<Pick<PrivatePart<T, { state: S; secrets: E }>, "initial" | "apply">>,
): PrivatePart<T, { state: S; secrets: E }> {
  return { secrets: (schemas.secrets ?? {}) as never, ...functions };
}
