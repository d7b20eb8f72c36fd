import { useDashboard } from "@shoal/react/dashboards";
import { useState } from "react";
import { operations } from "../../contract/operations.ts";
import { PageTitle } from "../shell/page-title.tsx";
import { Shell } from "../shell/shell.tsx";
import { AlertsPanel } from "./alerts-panel.tsx";
import { BusiestPanel } from "./busiest-panel.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import { HappeningsPanel } from "./happenings-panel.tsx";
import { LatencyPanel } from "./latency-panel.tsx";
import { LoadButton } from "./load-button.tsx";
import { type Measure, measures, type Range, type Tier } from "./measures.ts";
import classes from "./operations-page.module.css";
import { PeoplePanel } from "./people-panel.tsx";
import { Tiles } from "./tiles.tsx";

/** How the server is, by its own numbers. */
export default function OperationsPage() {
  const [chosen, choose] = useState(measures[0] as Measure);
  const [range, setRange] = useState<Range>("5m");
  const [tier, setTier] = useState<Tier>("live");
  return (
    <Shell title={<PageTitle>Operations</PageTitle>}>
      <div className={classes.page}>
        <div className={classes.top}>
          <Standing tier={tier} />
          <LoadButton />
        </div>
        <Tiles chosen={chosen} choose={choose} range={range} tier={tier} />
        <div className={classes.grid}>
          <div className={classes.wide}>
            <ChartPanel measure={chosen} range={range} setRange={setRange} tier={tier} setTier={setTier} />
          </div>
          <div className={classes.pile}>
            <AlertsPanel />
            <PeoplePanel tier={tier} />
            <HappeningsPanel tier={tier} />
          </div>
          <LatencyPanel range={range} tier={tier} />
          <BusiestPanel tier={tier} />
        </div>
      </div>
    </Shell>
  );
}

/** Whether what one sees is so. */
function Standing({ tier }: { readonly tier: Tier }) {
  const { status, error, stale } = useDashboard(operations, { metrics: ["cpu"], tier });
  const why = error?.message ?? stale.cpu?.reason;
  const text = status === "live" && !why ? "What the server's own process measures, as it is." : "As it was last told.";
  return (
    <p className={classes.standing}>
      {text} {why}
    </p>
  );
}
