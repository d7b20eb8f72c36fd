import { NativeSelect, Skeleton } from "@mantine/core";
import { auctionLobby, type LobbyLot } from "@shoal/contract/auctions";
import { useChannel } from "@shoal/react";
import { useState } from "react";
import classes from "./lobby-page.module.css";
import cards from "./lot-card.module.css";
import { LotCard } from "./lot-card.tsx";
import { TimeLeft } from "./time-left.tsx";

const orders = [
  { value: "soonest", label: "Ending soonest" },
  { value: "bids", label: "Most bids" },
];

/** The lots of the lobby that are open, or that will be, live. */
export function LiveLots({ status }: { readonly status: LobbyLot["status"] }) {
  const lobby = useChannel(auctionLobby, {});
  const [order, setOrder] = useState("soonest");
  if (lobby.status === "failed") return <p className={classes.problem}>{lobby.error.message}</p>;
  if (!lobby.state) return <LoadingLots />;
  const lots = lobby.state.lots.filter((lot) => lot.status === status);
  if (lots.length === 0) {
    return (
      <div className={classes.empty}>
        <p>{status === "open" ? "Nothing is open for bids now." : "Nothing is announced."}</p>
      </div>
    );
  }
  const shown = order === "bids" ? lots.toSorted((one, other) => other.bids - one.bids) : lots;
  return (
    <>
      <div className={classes.sorting}>
        <span>{lots.length === 1 ? "1 lot" : `${lots.length} lots`}</span>
        <NativeSelect
          size="xs"
          aria-label="Order of the lots"
          data={orders}
          value={order}
          onChange={(event) => setOrder(event.currentTarget.value)}
        />
      </div>
      <ul className={cards.grid} aria-label="Lots">
        {shown.map((lot) => (
          <li key={lot.auctionId}>
            <LotCard lot={lot} when={<LotTime lot={lot} />} />
          </li>
        ))}
      </ul>
    </>
  );
}

function LotTime({ lot: { status, opensAt, endsAt } }: { readonly lot: LobbyLot }) {
  if (status === "open") return <TimeLeft until={endsAt} over="Closing…" />;
  if (opensAt === null) return null;
  return (
    <>
      opens in <TimeLeft until={opensAt} over="a moment" />
    </>
  );
}

/** Stands in for lots until they are here. */
export function LoadingLots() {
  return (
    <div className={cards.grid} role="status" aria-label="Loading the lots">
      {[0, 1, 2, 3].map((place) => (
        <Skeleton key={place} height={250} radius="lg" />
      ))}
    </div>
  );
}
