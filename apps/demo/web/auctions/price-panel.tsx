import type { Auctions } from "@shoal/contract/auctions";
import type { UseAuction } from "@shoal/react/auctions";
import { fullTimeOf, momentOf } from "../room/times.ts";
import { clockOf } from "./clock-of.ts";
import panels from "./panel.module.css";
import classes from "./price-panel.module.css";
import { PriceTag } from "./price-tag.tsx";
import { StandingLine } from "./standing-line.tsx";
import { statusText } from "./status-text.ts";
import { TimeLeft } from "./time-left.tsx";

export interface LotProps {
  readonly auction: UseAuction;
  readonly state: Auctions["state"];
  readonly lot: NonNullable<Auctions["state"]["lot"]>;
}

/** From when on a price is written smaller, in minor units. */
const long = 10_000_000_00;

/** What the lot costs now, until when, and how one stands. */
export function PricePanel({ auction, state, lot }: LotProps) {
  const { price, bids, bidders } = state;
  const amount = price ?? lot.startPrice;
  return (
    <section className={panels.panel} aria-label="Price">
      <div className={classes.row}>
        <div>
          <div className={classes.label}>{priceLabel(state)}</div>
          <div className={classes.price} data-long={amount >= long || undefined}>
            <PriceTag amount={amount} currency={lot.currency} />
          </div>
        </div>
        <div className={classes.end}>
          <div className={classes.label}>{endLabel(auction.phase)}</div>
          <div className={classes.time}>
            <When phase={auction.phase} state={state} />
          </div>
        </div>
      </div>
      <div className={classes.notes}>
        <span>{bids === 0 ? "No bids yet" : `${count(bids, "bid")} by ${count(bidders, "bidder")}`}</span>
        {lot.hasReserve && <span data-good={state.reserveMet || undefined}>{reserveText(state)}</span>}
        <Extension state={state} lot={lot} />
      </div>
      <StandingLine auction={auction} state={state} lot={lot} />
    </section>
  );
}

function priceLabel({ status, result, price }: Auctions["state"]): string {
  if (status === "closed" && result === "sold") return "Sold for";
  return price === null ? "Starts at" : status === "closed" ? "Last price" : "Price now";
}

function endLabel(phase: UseAuction["phase"]): string {
  switch (phase) {
    case "draft":
      return "Not open yet";
    case "scheduled":
    case "opening":
      return "Opens in";
    case "open":
    case "closing":
      return "Ends in";
    case "closed":
      return "Ended";
    case "cancelled":
      return "No sale";
  }
}

function When({ phase, state }: { readonly phase: UseAuction["phase"]; readonly state: Auctions["state"] }) {
  const { opensAt, endsAt, status, result } = state;
  if (status === "closed" && endsAt !== null) return <span title={fullTimeOf(endsAt)}>{momentOf(endsAt)}</span>;
  if ((phase === "scheduled" || phase === "opening") && opensAt !== null) {
    return <TimeLeft until={opensAt} over="Opening…" />;
  }
  if ((phase === "open" || phase === "closing") && endsAt !== null) return <TimeLeft until={endsAt} over="Closing…" />;
  return <span>{statusText(status, result)}</span>;
}

/** What the soft close does, and what it has done. */
function Extension({ state: { endsAt, plannedEnd, status }, lot: { softClose } }: Pick<LotProps, "state" | "lot">) {
  const extended = endsAt !== null && plannedEnd !== null ? endsAt - plannedEnd : 0;
  if (extended > 0) {
    return (
      <span key={extended} className={classes.extended}>
        Extended by {clockOf(Math.round(extended / 1_000))}
      </span>
    );
  }
  if (!softClose || status === "closed" || status === "cancelled") return null;
  return <span>A bid in the last {Math.round(softClose.windowMs / 1_000)} s extends it</span>;
}

function reserveText({ reserveMet, status }: Auctions["state"]): string {
  if (reserveMet) return "Reserve met";
  return status === "closed" ? "Reserve not met" : "Reserve not met yet";
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? "" : "s"}`;
}
