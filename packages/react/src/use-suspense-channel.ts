"use client";

import type { Topic, TopicState } from "@shoal/client";
import { type Channel, type ChannelTypes, ShoalError } from "@shoal/contract";
import type { ChannelActions, SelectOptions, UseSelected, Whole } from "./channel-view.ts";
import { firstState } from "./first-state.ts";
import { useClient } from "./provider.tsx";
import { useSeen } from "./use-seen.ts";

/** A topic of which there is a state. */
type WithState<T extends ChannelTypes> = Exclude<TopicState<T>, { status: "connecting" | "failed" }> & {
  readonly state: T["state"];
};

/** What `useSuspenseChannel` returns: the state, or what was selected of it, is sure to be there. */
export type UseSuspenseChannel<T extends ChannelTypes, R> = [R] extends [Whole]
  ? WithState<T> & ChannelActions<T>
  : Exclude<UseSelected<T, R>, { status: "connecting" | "failed" }> & { readonly state: R };

/**
 * As `useChannel`, for a component that is shown only with a state: until there is one, the `<Suspense>` above shows its fallback.
 * A topic that fails throws its error to the error boundary above; once that boundary is reset, the topic is tried again.
 *
 * @throws {ShoalError} what the topic failed with; `CLOSED` when the client was closed; `BAD_REQUEST` on a server that has given no
 * snapshot of the topic, where React then leaves it to the browser
 *
 * @example
 * ```tsx
 * const { state, send } = useSuspenseChannel(counter, { counterId: "home" });
 * ```
 */
export function useSuspenseChannel<T extends ChannelTypes, R = Whole>(
  channel: Channel<T>,
  params: T["params"],
  options?: SelectOptions<T, R>,
): UseSuspenseChannel<T, R> {
  const topic: Topic<T> = useClient().topic(channel, params);
  const seen = useSeen(channel, topic, options);
  if (seen?.has === "nothing on a server") throw withoutSnapshot(channel.name);
  if (seen?.view.status === "failed") return tryAgain(topic, seen.view.error);
  if (seen?.has === "state") return seen.view as UseSuspenseChannel<T, R>;
  if (seen?.view.status === "closed") throw new ShoalError("CLOSED", "This client was closed. Create another one.");
  throw firstState(topic);
}

/** Failures that an error boundary has been told of. */
const told = new WeakSet<object>();

/** A failure is thrown once. Whoever renders the component again after that, as a boundary that is reset, wants another try. */
function tryAgain<T extends ChannelTypes>(topic: Topic<T>, error: ShoalError): never {
  const failure = topic.current;
  if (told.has(failure)) {
    topic.retry();
    throw firstState(topic);
  }
  // Later, since React may render a component that throws a second time before it tells the boundary.
  setTimeout(() => told.add(failure));
  throw error;
}

function withoutSnapshot(channel: string): ShoalError {
  const message = `The server has no snapshot of a topic of "${channel}" to render. Give it one by <ShoalHydration>, or the browser renders it.`;
  return new ShoalError("BAD_REQUEST", message);
}
