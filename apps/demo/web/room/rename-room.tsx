import { maxRoomNameLength } from "@shoal/contract/rooms";
import { Rename } from "../rename.tsx";
import { problemOf } from "./problem-of.ts";
import { useRoomPage } from "./room-context.ts";

/** For the owner and the moderators of a room. */
export function RenameRoom({ name }: { readonly name: string }) {
  const { send } = useRoomPage().room;
  return (
    <Rename
      name={name}
      label="Rename the room"
      fieldLabel="Name of the room"
      maxLength={maxRoomNameLength}
      rename={(next) => problemOf(send.rename({ name: next }))}
    />
  );
}
