import { type RoomListing, roomDirectory } from "@shoal/contract/room-directory";
import { useChannel } from "@shoal/react";
import { Link } from "../link.tsx";
import { pathOfRoom } from "../router.ts";
import { useNow } from "../use-now.ts";
import { agoOf } from "./ago-of.ts";
import classes from "./room-listings.module.css";

/** How many rooms are shown: those in which something was said last. */
const most = 20;

/** The rooms that others opened, and in which one has not been. */
export function RoomListings({ known }: { readonly known: readonly string[] }) {
  const { state } = useChannel(roomDirectory, {});
  const now = useNow(true);
  const others = (state?.rooms ?? [])
    .filter(({ roomId }) => !known.includes(roomId))
    .toSorted((one, other) => other.lastAt - one.lastAt)
    .slice(0, most);
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="more-rooms">
      <h2 id="more-rooms" className={classes.heading}>
        More rooms
      </h2>
      <ul className={classes.rooms}>
        {others.map((room) => (
          <li key={room.roomId}>
            <Listing room={room} now={now} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Listing({ room: { roomId, name, lastAt }, now }: { readonly room: RoomListing; readonly now: number }) {
  return (
    <Link href={pathOfRoom(roomId)} className={classes.room}>
      <span className={classes.name}># {name}</span>
      <span className={classes.ago}>{agoOf(lastAt, now)}</span>
    </Link>
  );
}
