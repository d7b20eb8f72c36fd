"use client";

import type { Presence, Topic } from "@shoal/client";
import type { Channel, ChannelTypes, Member } from "@shoal/contract";
import { useEffect, useRef } from "react";
import type { UseSelected } from "./channel-view.ts";
import { useClient } from "./provider.tsx";
import { useSeen } from "./use-seen.ts";

/** Who is on a topic, and what this client shows of itself there. */
export interface UsePresence<T extends ChannelTypes> extends Pick<Presence<T["presence"]>, "set" | "clear"> {
  readonly members: readonly Member<T["presence"]>[];
}

/**
 * Watches who is on a topic. With a state the user is one of them while the component is mounted, and shows that state; it may be
 * a new object on each render. The component renders when somebody comes, goes or changes, and not for events.
 *
 * @example
 * ```tsx
 * const { members } = usePresence(page, { pageId }, { cursor });
 * ```
 */
export function usePresence<T extends ChannelTypes, N>(
  channel: Channel<T>,
  params: T["params"] | Extract<N, null>,
  state?: T["presence"],
): UsePresence<T> | (null extends N ? NoPresence : never) {
  const client = useClient();
  const topic: Topic<T> | undefined = params === null ? undefined : client.topic(channel, params);
  const seen = useSeen<T, Members<T>>(channel, topic, onlyMembers as never);
  const presence = topic?.presence;
  const own = useRef(state);
  const shown = JSON.stringify(state);
  const joins = state !== undefined;
  useEffect(() => {
    if (shown === undefined) return;
    own.current = JSON.parse(shown);
    presence?.set(own.current);
  }, [presence, shown]);
  useEffect(() => {
    if (joins) return presence?.join(own.current);
  }, [presence, joins]);
  const members = (seen?.view as UseSelected<T, Members<T>> | undefined)?.state ?? nobody;
  return { members, set: presence?.set, clear: presence?.clear } as ReturnType<typeof usePresence<T, N>>;
}

type Members<T extends ChannelTypes> = readonly Member<T["presence"]>[];

/** There is no topic to be on. */
interface NoPresence {
  readonly members: readonly never[];
  readonly set: undefined;
  readonly clear: undefined;
}

const onlyMembers = { select: (_state: unknown, { members }: { readonly members: readonly unknown[] }) => members };

const nobody: readonly never[] = [];
