import { TRPCError } from "@trpc/server";
import { isObservable } from "@trpc/server/observable";
import { attach, type Watch } from "../../channel/watch.ts";
import { type Call, isObject } from "./call.ts";
import { ObservedSubscription } from "./observed-subscription.ts";
import { PulledSubscription } from "./pulled-subscription.ts";
import { PushedSubscription } from "./pushed-subscription.ts";
import type { Peer, Subscription } from "./subscription.ts";

/**
 * Makes a subscription of what a procedure returned.
 *
 * @throws {TRPCError} `INTERNAL_SERVER_ERROR` when it is nothing that one could subscribe to
 */
export function toSubscription(
  peer: Peer,
  call: Call,
  controller: AbortController,
  result: unknown,
): Subscription & { start(): unknown } {
  if (isWatch(result)) return new PushedSubscription(peer, call, controller, result);
  if (isObservable(result)) return new ObservedSubscription(peer, call, controller, result);
  if (isAsyncIterable(result)) return new PulledSubscription(peer, call, controller, result);
  const message = `Subscription ${call.path} did not return an observable or a AsyncGenerator`;
  throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", message });
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return isObject(value) && Symbol.asyncIterator in value;
}

function isWatch(value: unknown): value is Watch {
  return isObject(value) && attach in value;
}
