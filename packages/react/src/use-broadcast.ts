"use client";

import type { Broadcast } from "@shoal/client";
import type { BroadcastFrame, Channel, ChannelTypes } from "@shoal/contract";
import { useEffect, useInsertionEffect, useRef } from "react";
import { useClient } from "./provider.tsx";

/**
 * Listens to the broadcasts on a topic while the component is mounted, one's own among them, and returns the functions that send
 * some. It never makes the component render. The listener may be a new function on each render.
 *
 * @example
 * ```tsx
 * const { cheer } = useBroadcast(counter, { counterId }, ({ data, from }) => show(data.emoji, from?.name));
 * ```
 */
export function useBroadcast<T extends ChannelTypes, N>(
  channel: Channel<T>,
  params: T["params"] | Extract<N, null>,
  listener: (broadcast: BroadcastFrame<T["broadcasts"]>) => void,
): Broadcast<T> | (null extends N ? Unheard<T> : never) {
  const client = useClient();
  const topic = params === null ? undefined : client.topic(channel, params);
  const latest = useRef(listener);
  // With the commit itself: an effect may come after the next broadcast.
  useInsertionEffect(() => {
    latest.current = listener;
  }, [listener]);
  useEffect(() => topic?.onBroadcast((broadcast) => latest.current(broadcast)), [topic]);
  return (topic?.broadcast ?? unheard) as ReturnType<typeof useBroadcast<T, N>>;
}

/** There is no topic to send a broadcast to. */
type Unheard<T extends ChannelTypes> = { readonly [K in keyof T["broadcasts"]]: undefined };

const unheard = {};
