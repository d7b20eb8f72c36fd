import type { UseAuction } from "@shoal/react/auctions";
import { PersonAvatar } from "../person-avatar.tsx";
import classes from "../room/members.module.css";
import { useVisitor } from "../user.ts";

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
      <ul className={classes.members} aria-label="Watching now">
        {members.map(({ id, name = "Somebody" }) => (
          <li key={id} className={classes.member}>
            <PersonAvatar id={id} name={name} size={28} />
            <div className={classes.who}>
              <div className={classes.name} data-person>
                {name}
              </div>
              {id === visitor?.id && <div className={classes.notes}>you</div>}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
