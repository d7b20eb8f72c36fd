import { Alert, Button, Spoiler } from "@mantine/core";
import { type Auctions, auctions } from "@shoal/contract/auctions";
import { useChannel, usePresence } from "@shoal/react";
import { type UseAuction, useAuction } from "@shoal/react/auctions";
import { IconAlertTriangle } from "@tabler/icons-react";
import { simulation } from "../../contract/simulation.ts";
import { EmptyState } from "../empty-state.tsx";
import { auctionsPath, navigate } from "../router.ts";
import { useVisitor } from "../user.ts";
import { AuctionShell } from "./auction-shell.tsx";
import { BackToLobby } from "./back-to-lobby.tsx";
import { BidHistory } from "./bid-history.tsx";
import { BidPanel } from "./bid-panel.tsx";
import { LotArt } from "./lot-art.tsx";
import { LotLoading } from "./lot-loading.tsx";
import classes from "./lot-page.module.css";
import { splitTitle } from "./lot-title.ts";
import { PricePanel } from "./price-panel.tsx";
import { SellerPanel } from "./seller-panel.tsx";
import { SimulationSwitch } from "./simulation-switch.tsx";
import { WatchStar } from "./watch-star.tsx";
import { Watchers } from "./watchers.tsx";

/** How much of a description is shown at first, six lines in pixels: what one bids with stands below it where the window is narrow. */
const descriptionHeight = 149;

/** One lot: what it is, what it costs now, and what one can do about it. */
export function LotPage({ auctionId }: { readonly auctionId: string }) {
  const visitor = useVisitor();
  const auction = useAuction({ auctionId });
  const { members } = usePresence(auctions, { auctionId }, visitor ? {} : undefined);
  const { state, status } = auction;
  const aside = { label: "Watching now", content: <Watchers members={members} live={status === "live"} /> };
  return (
    <AuctionShell title={<BackToLobby />} {...(state?.lot && { aside })}>
      {status === "failed" && (
        <Alert m="md" color="red" icon={<IconAlertTriangle />} title="This lot could not be opened">
          <p>{auction.error.message}</p>
          <Button size="xs" color="red" onClick={auction.topic.retry}>
            Try again
          </Button>
        </Alert>
      )}
      {!state && status !== "failed" && <LotLoading />}
      {state && (state.lot ? <Lot auction={auction} lot={state.lot} state={state} /> : <NoLot />)}
    </AuctionShell>
  );
}

interface LotProps {
  readonly auction: UseAuction;
  readonly state: Auctions["state"];
  readonly lot: NonNullable<Auctions["state"]["lot"]>;
}

function Lot({ auction, state, lot }: LotProps) {
  const visitor = useVisitor();
  const { auctionId } = auction.topic.params;
  const { picture, name } = splitTitle(lot.title);
  const simulated = useChannel(simulation, { auctionId }).state;
  const sells = visitor?.id === lot.seller.id;
  return (
    <div className={classes.scroll}>
      <div className={classes.page}>
        <div className={classes.art}>
          <LotArt auctionId={auctionId} picture={picture} />
        </div>
        <section className={classes.about} aria-label="The lot">
          <div className={classes.titleRow}>
            <h1 className={classes.title}>{name}</h1>
            {visitor && <WatchStar auctionId={auctionId} userId={visitor.id} />}
          </div>
          <p className={classes.seller}>
            Sold by {sells ? "you" : lot.seller.name}
            {state.followers > 0 && ` · on ${state.followers} watch ${state.followers === 1 ? "list" : "lists"}`}
          </p>
          {lot.description !== "" && (
            <Spoiler maxHeight={descriptionHeight} showLabel="Read all of it" hideLabel="Read less" mt="xs">
              <p className={classes.description}>{lot.description}</p>
            </Spoiler>
          )}
        </section>
        <div className={classes.side}>
          <PricePanel auction={auction} state={state} lot={lot} />
          {sells ? (
            <SellerPanel auction={auction} state={state} />
          ) : (
            <BidPanel auction={auction} state={state} lot={lot} />
          )}
          {visitor && (state.status === "scheduled" || state.status === "open") && (
            <SimulationSwitch auctionId={auctionId} />
          )}
        </div>
        <BidHistory auction={auction} state={state} lot={lot} simulated={simulated?.bidders ?? []} />
      </div>
    </div>
  );
}

function NoLot() {
  return (
    <EmptyState
      title="There is no such lot"
      text="Nobody offers anything at this address. Perhaps it lost a letter on its way."
    >
      <Button onClick={() => navigate(auctionsPath)}>See all auctions</Button>
    </EmptyState>
  );
}
