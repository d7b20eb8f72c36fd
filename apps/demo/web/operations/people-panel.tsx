import { useDashboard } from "@shoal/react/dashboards";
import { operations } from "../../contract/operations.ts";
import { PersonAvatar } from "../person-avatar.tsx";
import { agoOf } from "../shell/ago-of.ts";
import { useNow } from "../use-now.ts";
import { useUser } from "../user.ts";
import type { Tier } from "./measures.ts";
import panel from "./panel.module.css";
import classes from "./people-panel.module.css";

/** Who is here. */
export function PeoplePanel({ tier }: { readonly tier: Tier }) {
  const { latest } = useDashboard(operations, { metrics: ["online"], tier });
  const user = useUser();
  const now = useNow(true);
  const people = latest?.online.rows ?? [];
  return (
    <section className={panel.panel} aria-labelledby="online">
      <h2 id="online" className={panel.heading}>
        Online now <span className={classes.count}>{people.length}</span>
      </h2>
      <ul className={classes.people} aria-labelledby="online">
        {people.map(({ id, name = id, since }) => (
          <li key={id} className={classes.person}>
            <PersonAvatar id={id} name={name} size={26} />
            <span className={classes.name}>{name}</span>
            {id === user.id && <span className={classes.note}>you</span>}
            <span className={classes.since}>{now - since < 60_000 ? "just came" : agoOf(since, now)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
