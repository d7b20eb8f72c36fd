import { useUser } from "../user.ts";
import { RenameRoom } from "./rename-room.tsx";
import { roleOf } from "./rights.ts";
import { useRoomPage } from "./room-context.ts";
import classes from "./room-title.module.css";

export function RoomTitle() {
  const user = useUser();
  const { state, members, status, topic } = useRoomPage().room;
  const name = state?.name || topic.params.roomId;
  return (
    <>
      <div className={classes.row}>
        <h1 className={classes.name}># {name}</h1>
        {state && roleOf(state, user.id) !== "member" && <RenameRoom name={name} />}
      </div>
      <div className={classes.here}>{status === "live" ? people(members.length) : "Not live"}</div>
    </>
  );
}

function people(count: number): string {
  return count === 1 ? "1 person here" : `${count} people here`;
}
