"use client";

import type { Channel, ChannelTypes } from "@shoal/contract";
import { useMemo } from "react";
import { useClient } from "../provider.tsx";
import { type ChannelOptions, channelOptions } from "./channel-options.ts";

/**
 * A channel for TanStack Query, of the provider's client.
 *
 * @throws {ShoalError} `BAD_REQUEST` when the client was created without the channel
 *
 * @example
 * ```tsx
 * const polls = useChannelOptions(poll);
 * const { data } = useQuery(polls.topic({ pollId: "lunch" }).queryOptions());
 * const vote = useMutation(polls.topic({ pollId: "lunch" }).send.vote.mutationOptions());
 * ```
 */
export function useChannelOptions<T extends ChannelTypes>(channel: Channel<T>): ChannelOptions<T> {
  const client = useClient();
  return useMemo(() => channelOptions(client, channel), [client, channel]);
}
