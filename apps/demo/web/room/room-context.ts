import type { UseRoom } from "@shoal/react/rooms";
import { createContext, useContext } from "react";
import type { FloatingReaction } from "./use-reactions.ts";

/** What the parts of a room's page share. */
export interface RoomContextValue {
  readonly room: UseRoom;
  readonly reactions: readonly FloatingReaction[];
  /** To be called when a reaction has risen. */
  readonly reactionEnded: (id: number) => void;
}

export const RoomContext = createContext<RoomContextValue | null>(null);

/** The room of the page; for components below a `RoomContext`. */
export function useRoomPage(): RoomContextValue {
  const value = useContext(RoomContext);
  if (!value) throw new Error("Only parts of a room's page have a room.");
  return value;
}
