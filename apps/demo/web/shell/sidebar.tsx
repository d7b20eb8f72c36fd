import { useStore } from "../store.ts";
import { Account } from "./account.tsx";
import { JoinRoom } from "./join-room.tsx";
import { knownRooms } from "./known-rooms.ts";
import { RoomLink } from "./room-link.tsx";
import classes from "./sidebar.module.css";

export function Sidebar() {
  const rooms = useStore(knownRooms);
  return (
    <div className={classes.sidebar}>
      <ul className={classes.rooms}>
        {rooms.map((roomId) => (
          <li key={roomId}>
            <RoomLink roomId={roomId} />
          </li>
        ))}
      </ul>
      <JoinRoom />
      <Account />
    </div>
  );
}
