import type { RoomReaction } from "@shoal/react/rooms";
import { useCallback, useRef, useState } from "react";

/** What one can react with. */
export const reactionEmojis = ["👍", "❤️", "😂", "🎉", "🐟", "🔥"] as const;

/** How many rise at once; more would hide what they are about. */
const most = 30;

/** A reaction while it rises over its message. */
export interface FloatingReaction extends RoomReaction {
  readonly id: number;
}

/** The reactions that rise now: nobody keeps them. */
export function useReactions() {
  const [reactions, setReactions] = useState<readonly FloatingReaction[]>([]);
  const count = useRef(0);
  const onReaction = useCallback((reaction: RoomReaction) => {
    count.current += 1;
    const id = count.current;
    setReactions((now) => [...now.slice(1 - most), { ...reaction, id }]);
  }, []);
  const reactionEnded = useCallback((ended: number) => {
    setReactions((now) => now.filter(({ id }) => id !== ended));
  }, []);
  return { reactions, onReaction, reactionEnded };
}
