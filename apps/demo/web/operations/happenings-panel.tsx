import { useDashboard } from "@shoal/react/dashboards";
import { operations } from "../../contract/operations.ts";
import classes from "./happenings-panel.module.css";
import type { Tier } from "./measures.ts";
import panel from "./panel.module.css";
import { clockTimeOf } from "./times.ts";

/** How many are shown. */
const most = 30;

/** What happened last: who came and left, and what the server complained of. */
export function HappeningsPanel({ tier }: { readonly tier: Tier }) {
  const { latest } = useDashboard(operations, { metrics: ["visits", "faultGroups"], tier });
  const visits = latest?.visits.occurrences.map(({ id, at, data: { what, id: userId, name = userId } }) => ({
    id: `visit-${id}`,
    at,
    kind: what,
    text: what === "came" ? `${name} came` : `${name} left`,
    count: 1,
  }));
  const faults = latest?.faultGroups.rows.map(({ level, message, last, count }) => ({
    id: `fault-${level}-${message}`,
    at: last,
    kind: level,
    text: message,
    count,
  }));
  const all = [...(visits ?? []), ...(faults ?? [])].sort((one, other) => other.at - one.at).slice(0, most);
  return (
    <section className={panel.panel} aria-labelledby="happenings">
      <h2 id="happenings" className={panel.heading}>
        What happened
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <ol className={classes.list} aria-labelledby="happenings" tabIndex={0}>
        {all.map(({ id, at, kind, text, count }) => (
          <li key={id} className={classes.row} data-kind={kind}>
            <time className={classes.time} dateTime={new Date(at).toISOString()}>
              {clockTimeOf(at)}
            </time>
            <span className={classes.text}>
              {text}
              {count > 1 && <span className={classes.count}>{count} times</span>}
            </span>
          </li>
        ))}
      </ol>
      {latest && all.length === 0 && <p className={panel.none}>Nothing yet.</p>}
    </section>
  );
}
