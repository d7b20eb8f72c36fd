import { type Auctions, auctions, watchedAuctions } from "@shoal/contract/auctions";
import { shallow, useChannel, useChannels } from "@shoal/react";
import { LoadingLots } from "./live-lots.tsx";
import classes from "./lobby-page.module.css";
import cards from "./lot-card.module.css";
import { type CardLot, LotCard } from "./lot-card.tsx";
import { statusText } from "./status-text.ts";
import { TimeLeft } from "./time-left.tsx";

/** How many are shown: those that were added last. */
const most = 40;

/** The lots on the user's watch list, live. */
export function WatchedLots({ userId }: { readonly userId: string }) {
  const { state, status, error } = useChannel(watchedAuctions, { userId });
  const all = state?.auctionIds ?? [];
  const ids = all.toReversed().slice(0, most);
  const lots = useChannels(
    auctions,
    ids.map((auctionId) => ({ auctionId })),
    { select: shownOf, equal: shallow },
  );
  if (status === "failed") return <p className={classes.problem}>{error.message}</p>;
  if (!state) return <LoadingLots />;
  if (ids.length === 0) {
    return (
      <div className={classes.empty}>
        <p>Nothing is on your watch list. The star beside the title of a lot puts it there.</p>
      </div>
    );
  }
  return (
    <>
      {all.length > most && <p className={classes.sorting}>{`The ${most} of ${all.length} that you put here last`}</p>}
      <ul className={cards.grid} aria-label="Lots">
        {lots.map(({ state: lot, topic }) => {
          const { auctionId } = topic.params;
          return (
            lot && (
              <li key={auctionId}>
                <LotCard
                  lot={{ auctionId, ...lot }}
                  note={statusText(lot.status, lot.result)}
                  when={lot.status === "open" && lot.endsAt !== null && <TimeLeft until={lot.endsAt} over="Closing…" />}
                />
              </li>
            )
          );
        })}
      </ul>
    </>
  );
}

type Shown = Omit<CardLot, "auctionId"> & Pick<Auctions["state"], "status" | "result" | "endsAt">;

function shownOf({ lot, price, bids, status, result, endsAt }: Auctions["state"]): Shown | undefined {
  if (!lot) return undefined;
  const { title, currency, startPrice } = lot;
  return { title, currency, startPrice, price, bids, status, result, endsAt };
}
