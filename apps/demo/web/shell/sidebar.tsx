import { useStore } from "../store.ts";
import { Account } from "./account.tsx";
import { AuctionsLink } from "./auctions-link.tsx";
import { DocumentsLink } from "./documents-link.tsx";
import { JoinRoom } from "./join-room.tsx";
import { knownRooms } from "./known-rooms.ts";
import { OpenRoom } from "./open-room.tsx";
import { OperationsLink } from "./operations-link.tsx";
import { RoomLink } from "./room-link.tsx";
import { RoomListings } from "./room-listings.tsx";
import classes from "./sidebar.module.css";

export function Sidebar() {
  const rooms = useStore(knownRooms);
  return (
    <div className={classes.sidebar}>
      <div className={classes.scroll}>
        <AuctionsLink />
        <OperationsLink />
        <DocumentsLink />
        <h2 className={classes.heading}>Rooms</h2>
        <ul className={classes.rooms}>
          {rooms.map((roomId) => (
            <li key={roomId}>
              <RoomLink roomId={roomId} />
            </li>
          ))}
        </ul>
        <RoomListings known={rooms} />
      </div>
      <OpenRoom />
      <JoinRoom />
      <Account />
    </div>
  );
}
