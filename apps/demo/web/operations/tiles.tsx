import { UnstyledButton } from "@mantine/core";
import { useDashboard } from "@shoal/react/dashboards";
import { operations } from "../../contract/operations.ts";
import { type Measure, measures, type Range, type Tier } from "./measures.ts";
import { Sparkline } from "./sparkline.tsx";
import classes from "./tiles.module.css";

/** How many points a sparkline has. */
const points = 60;

interface TilesProps {
  readonly chosen: Measure;
  readonly choose: (measure: Measure) => void;
  readonly range: Range;
  readonly tier: Tier;
}

/** How it is, at a glance. A tile that is pressed has the large chart. */
export function Tiles({ chosen, choose, range, tier }: TilesProps) {
  return (
    <ul className={classes.tiles} aria-label="Measures">
      {measures.map((measure) => (
        <li key={measure.title}>
          <Tile
            measure={measure}
            isChosen={measure === chosen}
            choose={() => choose(measure)}
            range={range}
            tier={tier}
          />
        </li>
      ))}
    </ul>
  );
}

interface TileProps {
  readonly measure: Measure;
  readonly isChosen: boolean;
  readonly choose: () => void;
  readonly range: Range;
  readonly tier: Tier;
}

function Tile({ measure, isChosen, choose, range, tier }: TileProps) {
  const { metrics, title, hint, now, format, draw } = measure;
  const { latest, series, stale } = useDashboard(operations, { metrics, range, points, tier });
  const why = stale[metrics[0]]?.reason;
  return (
    <UnstyledButton
      className={classes.tile}
      aria-pressed={isChosen}
      title={hint}
      data-stale={why !== undefined || undefined}
      onClick={choose}
    >
      <span className={classes.title}>{title}</span>
      <span className={classes.value}>{latest ? format(now(latest as never)) : "–"}</span>
      {why !== undefined && (
        <span className={classes.stale} title={why}>
          stale
        </span>
      )}
      <span className={classes.spark}>{series && <Sparkline column={firstOf(draw(series as never).lines)} />}</span>
    </UnstyledButton>
  );
}

function firstOf([line]: ReturnType<Measure["draw"]>["lines"]) {
  return line?.column ?? [];
}
