import type { Bid, Lot } from "@shoal/contract/auctions";
import { formatMoney } from "../../contract/money.ts";
import { momentOf } from "../room/times.ts";
import classes from "./price-chart.module.css";

const width = 600;
const height = 150;
/** Room for the dots at the edges. */
const pad = 8;

interface PriceChartProps {
  /** In their order. */
  readonly bids: readonly Bid[];
  readonly lot: Lot;
  /** Who the user is among the bidders. */
  readonly own: string | null;
}

/** The price as it rose, bid by bid. */
export function PriceChart({ bids, lot, own }: PriceChartProps) {
  const [first, last] = [bids[0], bids.at(-1)];
  if (!first || !last) return null;
  const low = Math.min(lot.startPrice, first.price);
  const span = Math.max(1, last.price - low);
  const time = Math.max(1, last.at - first.at);
  const points = bids.map((bid) => ({
    bid,
    x: pad + ((bid.at - first.at) / time) * (width - 2 * pad),
    y: height - pad - ((bid.price - low) / span) * (height - 2 * pad),
  }));
  const line = points.map(({ x, y }, index) => (index === 0 ? `M${x} ${y}` : `H${x} V${y}`)).join(" ");
  const money = (amount: number) => formatMoney(amount, lot.currency);
  const text = `The price from ${money(first.price)} to ${money(last.price)} in ${bids.length} bids`;
  return (
    <figure className={classes.chart}>
      <div className={classes.plot}>
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={text}>
          <title>{text}</title>
          <path className={classes.area} d={`${line} V${height} H${points[0]?.x ?? 0} Z`} />
          <path className={classes.line} d={line} />
        </svg>
        {points.map(({ bid, x, y }) => (
          <i
            key={bid.offset}
            className={classes.point}
            data-own={bid.bidder === own || undefined}
            style={{ "--x": x / width, "--y": y / height }}
          />
        ))}
      </div>
      <figcaption className={classes.caption} aria-hidden>
        <span>
          {money(first.price)} at {momentOf(first.at)}
        </span>
        <span>
          {money(last.price)} at {momentOf(last.at)}
        </span>
      </figcaption>
    </figure>
  );
}
