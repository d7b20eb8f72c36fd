import { formatValue } from "@shoal/client/dashboards";
import { useDashboard } from "@shoal/react/dashboards";
import { operations } from "../../contract/operations.ts";
import classes from "./latency-panel.module.css";
import type { Range, Tier } from "./measures.ts";
import panel from "./panel.module.css";

const { commandLatency } = operations.metrics;
const format = (ms: number | null) => formatValue(commandLatency, ms);

interface LatencyPanelProps {
  readonly range: Range;
  readonly tier: Tier;
}

/** How long commands took, by how many. */
export function LatencyPanel({ range, tier }: LatencyPanelProps) {
  const { latest } = useDashboard(operations, { metrics: ["commandLatency"], range, points: 1, tier });
  const { count, counts, p50, p95, p99 } = latest?.commandLatency ?? {};
  return (
    <section className={`${panel.panel} ${classes.panel}`} aria-labelledby="latency">
      <h2 id="latency" className={panel.heading}>
        How long commands take
      </h2>
      {counts && count ? (
        <>
          <Bars counts={counts} count={count} />
          <dl className={classes.quantiles}>
            {[
              { label: "Median", value: p50 },
              { label: "95%", value: p95 },
              { label: "99%", value: p99 },
            ].map(({ label, value = null }) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{format(value)}</dd>
              </div>
            ))}
            <div>
              <dt>Commands</dt>
              <dd>{formatValue({ unit: "count" }, count)}</dd>
            </div>
          </dl>
        </>
      ) : (
        <p className={panel.none}>No command in this time.</p>
      )}
    </section>
  );
}

/** How many bars have a label that is seen. */
const mostLabels = 6;

/** A bar for each bucket from the first to the last that has any. */
function Bars({ counts, count }: { readonly counts: readonly number[]; readonly count: number }) {
  const last = counts.findLastIndex((some) => some > 0);
  const most = Math.max(...counts);
  const bars = counts.slice(0, Math.max(last + 1, 8)).map((some, place) => {
    const upper = commandLatency.bounds[place];
    const label = upper === undefined ? `> ${format(commandLatency.bounds.at(-1) ?? null)}` : format(upper);
    return { label, some, share: some / most };
  });
  const step = Math.ceil(bars.length / mostLabels);
  const busiest = bars.find(({ share }) => share === 1);
  const text = `${count} commands; most of them, ${busiest?.some}, took up to ${busiest?.label}`;
  return (
    <div className={classes.bars} role="img" aria-label={text}>
      {bars.map(({ label, some, share }, place) => (
        <div key={label} className={classes.slot} title={`up to ${label}: ${some}`}>
          <i className={classes.bar} style={{ "--share": share }} data-some={some > 0 || undefined} />
          <span className={classes.label} data-shown={(bars.length - 1 - place) % step === 0 || undefined}>
            {label}
          </span>
        </div>
      ))}
    </div>
  );
}
