import { maxAmount } from "@shoal/contract/auctions";
import { useState } from "react";
import { SignIn } from "../landing/sign-in.tsx";
import { useStore } from "../store.ts";
import { useVisitor } from "../user.ts";
import { visit } from "../visit.ts";
import { BidForm } from "./bid-form.tsx";
import classes from "./bid-panel.module.css";
import { ConfirmBid } from "./confirm-bid.tsx";
import panels from "./panel.module.css";
import type { LotProps } from "./price-panel.tsx";
import { QuickBids } from "./quick-bids.tsx";
import { useBidding } from "./use-bidding.ts";

/** Where one bids: by one press, or with an amount of one's own. */
export function BidPanel({ auction, state, lot }: LotProps) {
  const visitor = useVisitor();
  const { notice } = useStore(visit);
  const bidding = useBidding(auction, lot.currency);
  const [text, setText] = useState("");
  const confirm = async () => {
    if (await bidding.confirm()) setText("");
  };
  if (state.status === "closed" || state.status === "cancelled") {
    return bidding.problem ? (
      <section className={panels.panel} aria-label="Bid">
        <p className={classes.last} role="alert">
          {bidding.problem}
        </p>
      </section>
    ) : null;
  }
  if (!visitor) {
    return (
      <section className={panels.panel} aria-label="Bid">
        <h2 className={classes.heading}>Sign in to bid</h2>
        <SignIn notice={notice} />
      </section>
    );
  }
  const { standing, phase, minimum } = auction;
  if (phase !== "open" && phase !== "closing") {
    return (
      <section className={panels.panel} aria-label="Bid">
        <p className={classes.note}>
          {phase === "draft" ? "Its seller has not opened it yet." : "You can bid as soon as it opens."}
        </p>
      </section>
    );
  }
  if (minimum === null) return null;
  if (minimum > maxAmount) {
    return (
      <section className={panels.panel} aria-label="Bid">
        <p className={classes.note}>It is at the greatest amount there is. Nobody can bid more.</p>
      </section>
    );
  }
  const leads = standing === "leading";
  return (
    <section className={panels.panel} aria-label="Bid">
      <h2 className={classes.heading}>{headingOf(lot.proxy, leads)}</h2>
      <QuickBids auction={auction} state={state} lot={lot} onBid={(amount) => void bidding.bid(amount)} />
      <BidForm
        lot={lot}
        minimum={minimum}
        leads={leads}
        disabled={phase === "closing"}
        problem={bidding.wrong ?? bidding.problem}
        text={text}
        onText={setText}
        onBid={bidding.bid}
        onRefuse={bidding.refuse}
        onEdit={bidding.clear}
      />
      {bidding.note && (
        <p className={classes.told} role="status">
          {bidding.note}
        </p>
      )}
      <ConfirmBid
        asked={bidding.asked}
        currency={lot.currency}
        onConfirm={() => void confirm()}
        onCancel={bidding.clear}
      />
    </section>
  );
}

function headingOf(proxy: boolean, leads: boolean): string {
  if (!proxy) return "Place a bid";
  return leads ? "Raise your maximum" : "Place a bid";
}
