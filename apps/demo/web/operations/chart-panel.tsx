import { UnstyledButton } from "@mantine/core";
import { useDashboard } from "@shoal/react/dashboards";
import { useId, useState } from "react";
import { operations } from "../../contract/operations.ts";
import classes from "./chart-panel.module.css";
import { LineChart } from "./line-chart.tsx";
import type { Measure, Range, Tier } from "./measures.ts";
import panel from "./panel.module.css";

const ranges = [
  { range: "1m", label: "1 min" },
  { range: "5m", label: "5 min" },
  { range: "15m", label: "15 min" },
] as const;

const paces: Readonly<Record<Tier, string>> = {
  live: "10 times a second",
  calm: "each second",
  background: "each minute",
};

interface ChartPanelProps {
  readonly measure: Measure;
  readonly range: Range;
  readonly setRange: (range: Range) => void;
  readonly tier: Tier;
  readonly setTier: (tier: Tier) => void;
}

/** The measure that was chosen, large, over as long as was chosen. */
export function ChartPanel({ measure, range, setRange, tier, setTier }: ChartPanelProps) {
  const { metrics, title, hint, format, draw } = measure;
  const [width, setWidth] = useState(600);
  const { series } = useDashboard(operations, { metrics, range, points: width, tier });
  const pace = useId();
  return (
    <section className={panel.panel} aria-label={title}>
      <header className={classes.head}>
        <h2 className={panel.heading}>{title}</h2>
        <fieldset className={classes.ranges}>
          <legend className={classes.hidden}>How far back</legend>
          {ranges.map((one) => (
            <UnstyledButton
              key={one.range}
              className={classes.range}
              aria-pressed={one.range === range}
              onClick={() => setRange(one.range)}
            >
              {one.label}
            </UnstyledButton>
          ))}
        </fieldset>
        <label className={classes.pace} htmlFor={pace}>
          <span>Told</span>
          <select id={pace} value={tier} onChange={(event) => setTier(event.currentTarget.value as Tier)}>
            {Object.entries(paces).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <p className={classes.hint}>{hint}</p>
      </header>
      {series ? (
        <LineChart title={title} drawn={draw(series as never)} format={format} onWidth={setWidth} />
      ) : (
        <div className={classes.waiting} />
      )}
    </section>
  );
}
