"use client";

import type { Topic } from "@shoal/client";
import type { Channel, ChannelTypes } from "@shoal/contract";
import { type ChannelView, type SelectOptions, type Unwatched, unwatched, type Whole } from "./channel-view.ts";
import { useClient } from "./provider.tsx";
import { useSeen } from "./use-seen.ts";

/**
 * Watches a topic while the component is mounted, and nothing while the params are null. The params may be a new object on each
 * render: they are compared by their values. The component renders at most once a frame, and with `select` only when what it
 * selects has changed.
 *
 * @example
 * ```tsx
 * const { state, status, send } = useChannel(counter, { counterId: "home" });
 * const { state: isEven } = useChannel(counter, { counterId: "home" }, { select: ({ value }) => value % 2 === 0 });
 * ```
 */
export function useChannel<T extends ChannelTypes, N, R = Whole>(
  channel: Channel<T>,
  params: T["params"] | Extract<N, null>,
  options?: SelectOptions<T, R>,
): ChannelView<T, R> | (null extends N ? Unwatched : never) {
  const client = useClient();
  const topic: Topic<T> | undefined = params === null ? undefined : client.topic(channel, params);
  const seen = useSeen(channel, topic, options);
  return (seen?.view ?? unwatched) as ReturnType<typeof useChannel<T, N, R>>;
}
