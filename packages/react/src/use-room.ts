"use client";

import { type Typing, typing } from "@shoal/client/rooms";
import type { Sender } from "@shoal/contract";
import { type Rooms, rooms } from "@shoal/contract/rooms";
import { useEffect, useMemo } from "react";
import type { UseChannel } from "./channel-view.ts";
import { useBroadcast } from "./use-broadcast.ts";
import { useChannel } from "./use-channel.ts";

/** A room as it is now, and what can be done in it. */
export type UseRoom = UseChannel<Rooms> & Typing;

/** What somebody who is here felt about a message. It is not kept. */
export interface RoomReaction {
  readonly messageId: string;
  readonly emoji: string;
  readonly from: Sender | null;
}

export interface UseRoomOptions {
  /** Called with each reaction that arrives, one's own among them. It may be a new function on each render. */
  readonly onReaction?: ((reaction: RoomReaction) => void) | undefined;
}

/**
 * Watches a room and is one of its members while the component is mounted. Besides what `useChannel` returns there are
 * `keystroke`, to be called at each key, and `stop`, to be called when the message was sent: they show who is typing.
 *
 * @example
 * ```tsx
 * const { state, members, send, keystroke, stop } = useRoom({ roomId: "lobby" });
 * ```
 */
export function useRoom(params: Rooms["params"], { onReaction }: UseRoomOptions = {}): UseRoom {
  const room = useChannel(rooms, params);
  const { topic } = room;
  const { keystroke, stop } = useMemo(() => typing(topic), [topic]);
  useBroadcast(rooms, params, ({ data, from }) => onReaction?.({ ...data, from }));
  useEffect(() => {
    const leave = topic.presence.join({ typing: false });
    return () => {
      stop();
      leave();
    };
  }, [topic, stop]);
  return useMemo(() => ({ ...room, keystroke, stop }), [room, keystroke, stop]);
}
