import { ShoalError } from "@shoal/contract";
import type { Realtime } from "../realtime.ts";
import type { AnyServed } from "./serve-options.ts";

/** A served channel that brings functions for the server's own code. */
export interface Handed<H extends object> {
  readonly hand: (realtime: Realtime<unknown>) => H;
}

/** By the name of its channel, what each served channel brings for the server's own code. */
export type HandsOf<S extends readonly AnyServed[]> = {
  readonly [X in S[number] as X extends Handed<object> ? X["channel"]["name"] : never]: X extends Handed<infer H>
    ? H
    : never;
};

/**
 * Has a served channel bring functions for the server's own code: `createRealtime` puts them under the channel's name, so that a
 * channel `mail` can be used as `realtime.mail.send(…)`. They are no part of the router: no client can call them.
 *
 * @param hand - makes the functions, once for each realtime, from the realtime that they act on. Nothing is open yet when it is called
 *
 * @example
 * ```ts
 * const mails = withHand(serveChannel(mail, { … }), (realtime) => ({
 *   send: (userId: string, text: string) => realtime.topic(mail, { userId }).as(system).send.deliver({ text }),
 * }));
 * const realtime = createRealtime({ channels: [mails] });
 * await realtime.mail.send("ann", "Hello");
 * ```
 */
export function withHand<S extends AnyServed, H extends object>(
  served: S,
  hand: (realtime: Realtime<unknown>) => H,
): S & Handed<H> {
  return { ...served, hand };
}

/**
 * The realtime, with what its channels bring.
 *
 * @throws {ShoalError} `BAD_REQUEST` when a channel that brings something is named as a member of the realtime
 */
export function withHands<R extends Realtime<unknown>>(realtime: R, channels: readonly AnyServed[]): R {
  const handed = channels.filter((served): served is AnyServed & Handed<object> => "hand" in served);
  const hands = handed.map(({ channel: { name }, hand }) => {
    if (!(name in realtime)) return [name, hand(realtime)] as const;
    const message = `The channel "${name}" brings functions, and \`realtime.${name}\` is something else. Rename the channel.`;
    throw new ShoalError("BAD_REQUEST", message);
  });
  return Object.assign(realtime, Object.fromEntries(hands));
}
