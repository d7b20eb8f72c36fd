import { Button } from "@mantine/core";
import { formatMoney } from "../../contract/money.ts";
import { hueOf } from "../person-avatar.tsx";
import { momentOf } from "../room/times.ts";
import classes from "./bid-history.module.css";
import { PriceChart } from "./price-chart.tsx";
import type { LotProps } from "./price-panel.tsx";
import { useBids } from "./use-bids.ts";

interface BidHistoryProps extends LotProps {
  /** Which bidders are simulated. */
  readonly simulated: readonly string[];
}

/** What was bid: as a line, and one by one, the newest first. */
export function BidHistory({ auction, state, lot, simulated }: BidHistoryProps) {
  const { bids, older, loading, error } = useBids(auction.topic.params.auctionId, state);
  const { bidder: own } = auction;
  const { currency } = lot;
  const pending = state.pending.toReversed();
  return (
    <section className={classes.history} aria-label="What was bid">
      <h2 className={classes.heading}>Bids</h2>
      {bids.length > 1 && <PriceChart bids={bids} lot={lot} own={own} />}
      {bids.length === 0 && pending.length === 0 && <p className={classes.none}>Nobody has bid yet.</p>}
      <ol className={classes.bids} aria-label="Bids" reversed>
        {pending.map(({ id, name, amount, at }) => (
          <li key={id} className={classes.bid} data-bid="pending">
            <span className={classes.dot} />
            <span className={classes.who}>
              {name} <em className={classes.tag}>you</em>
            </span>
            <span className={classes.state}>sending…</span>
            <span className={classes.price}>{formatMoney(amount, currency)}</span>
            <time className={classes.time}>{momentOf(at)}</time>
          </li>
        ))}
        {bids.toReversed().map(({ offset, bidder, name, price, leads, at }) => (
          <li key={offset} className={classes.bid} data-bid="placed">
            <span className={classes.dot} style={{ "--hue": hueOf(bidder) }} />
            <span className={classes.who}>
              {name} {bidder === own && <em className={classes.tag}>you</em>}
              {simulated.includes(bidder) && <em className={classes.simulated}>simulated</em>}
            </span>
            <span className={classes.state}>{leads ? "" : "outbid at once"}</span>
            <span className={classes.price}>{formatMoney(price, currency)}</span>
            <time className={classes.time} dateTime={new Date(at).toISOString()}>
              {momentOf(at)}
            </time>
          </li>
        ))}
      </ol>
      {error && (
        <p className={classes.problem} role="alert">
          {error}
        </p>
      )}
      {older && (
        <Button variant="default" size="xs" mt="sm" loading={loading} onClick={older}>
          Show older bids
        </Button>
      )}
    </section>
  );
}
