import { type Rooms, rooms } from "@shoal/contract/rooms";
import { useChannel } from "@shoal/react";
import { IconUser } from "@tabler/icons-react";
import { Link } from "../link.tsx";
import { pathOfRoom, useRoute } from "../router.ts";
import classes from "./room-link.module.css";

/** A room with who spoke last in it, and how many are there. */
export function RoomLink({ roomId }: { readonly roomId: string }) {
  const { state, members } = useChannel(rooms, { roomId });
  const route = useRoute();
  const current = route.page === "room" && route.roomId === roomId;
  return (
    <Link href={pathOfRoom(roomId)} className={classes.link} {...(current && { "aria-current": "page" })}>
      <span className={classes.name}># {state?.name || roomId}</span>
      {members.length > 0 && (
        <span className={classes.here} title={`${members.length} here`}>
          <IconUser size={14} aria-hidden />
          {members.length}
        </span>
      )}
      <span className={classes.last}>{lastWords(state)}</span>
    </Link>
  );
}

/** Of a room that has not been seen yet nobody can tell whether anything was said. */
function lastWords(state: Rooms["state"] | undefined): string {
  const last = state?.entries.findLast((entry) => entry.kind === "message");
  if (last) return `${last.author.name}: ${last.text}`;
  return state ? "Nothing said yet" : "…";
}
