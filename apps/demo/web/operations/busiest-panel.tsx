import { formatValue } from "@shoal/client/dashboards";
import { useDashboard } from "@shoal/react/dashboards";
import { operations } from "../../contract/operations.ts";
import classes from "./busiest-panel.module.css";
import type { Tier } from "./measures.ts";
import panel from "./panel.module.css";

const count = { unit: "count" };

/** Which channels have most to do. */
export function BusiestPanel({ tier }: { readonly tier: Tier }) {
  const { latest } = useDashboard(operations, { metrics: ["busiest"], tier });
  const rows = latest?.busiest.rows ?? [];
  const most = Math.max(Number.MIN_VALUE, ...rows.map(({ perSecond }) => perSecond));
  return (
    <section className={panel.panel} aria-labelledby="busiest">
      <h2 id="busiest" className={panel.heading}>
        Busiest channels
      </h2>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Channel</th>
            <th scope="col" title="Commands">
              Rate
            </th>
            <th scope="col">Watches</th>
            <th scope="col">Topics</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ channel, perSecond, subscribers, topics }) => (
            <tr key={channel}>
              <th scope="row" style={{ "--share": perSecond / most }}>
                {channel}
              </th>
              <td>{perSecond > 0 ? formatValue(count, perSecond, { perSecond: true }) : "–"}</td>
              <td>{formatValue(count, subscribers)}</td>
              <td>{formatValue(count, topics)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {latest && rows.length === 0 && <p className={panel.none}>Nobody watches anything.</p>}
    </section>
  );
}
