import { Button } from "@mantine/core";
import type { AuctionStatus } from "@shoal/contract/auctions";
import { momentOf } from "../room/times.ts";
import { LoadingLots } from "./live-lots.tsx";
import classes from "./lobby-page.module.css";
import cards from "./lot-card.module.css";
import { LotCard } from "./lot-card.tsx";
import { statusText } from "./status-text.ts";
import { TimeLeft } from "./time-left.tsx";
import { type ListedLot, useListedLots } from "./use-listed-lots.ts";

interface ListedLotsProps {
  readonly status?: AuctionStatus;
  readonly seller?: string;
  /** What is said where there are none. */
  readonly empty: string;
}

/** Lots as the server lists them, what ends or ended last first, page by page. */
export function ListedLots({ status, seller, empty }: ListedLotsProps) {
  const { lots, error, retry, more } = useListedLots({ ...(status && { status }), ...(seller && { seller }) });
  return (
    <>
      {!lots && !error && <LoadingLots />}
      {lots?.length === 0 && (
        <div className={classes.empty}>
          <p>{empty}</p>
        </div>
      )}
      <ul className={cards.grid} aria-label="Lots">
        {lots?.map((lot) => (
          <li key={lot.auctionId}>
            <LotCard lot={lot} note={statusText(lot.status, lot.result)} when={<ListedTime lot={lot} />} />
          </li>
        ))}
      </ul>
      {error && (
        <div className={classes.more}>
          <p className={classes.problem} role="alert">
            {error}
          </p>
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
      {more && (
        <div className={classes.more}>
          <Button variant="default" onClick={more}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function ListedTime({ lot: { status, endsAt } }: { readonly lot: ListedLot }) {
  if (endsAt === null) return null;
  if (status === "open") return <TimeLeft until={endsAt} over="Closing…" />;
  return <time dateTime={new Date(endsAt).toISOString()}>{momentOf(endsAt)}</time>;
}
