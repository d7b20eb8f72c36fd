import type { UseAuction } from "@shoal/react/auctions";
import { PersonAvatar } from "../person-avatar.tsx";
import { useVisitor } from "../user.ts";
import classes from "./watchers.module.css";

interface WatchersProps {
  readonly members: UseAuction["members"];
  readonly live: boolean;
}

/** Who has the lot open now, and is signed in. Who of them bids nobody is told. */
export function Watchers({ members, live }: WatchersProps) {
  const visitor = useVisitor();
  return (
    <div data-stale={!live || undefined} className={classes.panel}>
      <h2 className={classes.heading}>{live ? "Watching now" : "Watching a moment ago"}</h2>
      <ul className={classes.people} aria-label="Watching now">
        {members.map(({ id, name = "Somebody" }) => (
          <li key={id} className={classes.person}>
            <PersonAvatar id={id} name={name} size={28} />
            <span className={classes.name} data-person>
              {name}
            </span>
            {id === visitor?.id && <span className={classes.note}>you</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
