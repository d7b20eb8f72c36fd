import type { UseRoom } from "@shoal/react/rooms";
import classes from "./room-title.module.css";

interface RoomTitleProps extends Pick<UseRoom, "members" | "status"> {
  readonly roomId: string;
}

export function RoomTitle({ roomId, members, status }: RoomTitleProps) {
  return (
    <>
      <h1 className={classes.name}># {roomId}</h1>
      <div className={classes.here}>{status === "live" ? people(members.length) : "Not live"}</div>
    </>
  );
}

function people(count: number): string {
  return count === 1 ? "1 person here" : `${count} people here`;
}
