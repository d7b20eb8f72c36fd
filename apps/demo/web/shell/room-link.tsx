import { rooms } from "@shoal/contract/rooms";
import { useChannel } from "@shoal/react";
import { Link } from "../link.tsx";
import { pathOfRoom, useRoute } from "../router.ts";
import classes from "./room-link.module.css";

/** A room with who spoke last in it, and how many are there. */
export function RoomLink({ roomId }: { readonly roomId: string }) {
  const { state, members } = useChannel(rooms, { roomId });
  const route = useRoute();
  const current = route.page === "room" && route.roomId === roomId;
  const last = state?.entries.findLast((entry) => entry.kind === "message");
  return (
    <Link href={pathOfRoom(roomId)} className={classes.link} {...(current && { "aria-current": "page" })}>
      <span className={classes.name}># {state?.name || roomId}</span>
      {members.length > 0 && (
        <span className={classes.here} title={`${members.length} here`}>
          {members.length}
        </span>
      )}
      <span className={classes.last}>{last ? `${last.author.name}: ${last.text}` : "Nothing said yet"}</span>
    </Link>
  );
}
