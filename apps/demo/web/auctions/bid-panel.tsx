import { Button, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import { formatMoney } from "../../contract/money.ts";
import { SignIn } from "../landing/sign-in.tsx";
import { useStore } from "../store.ts";
import { useVisitor } from "../user.ts";
import { visit } from "../visit.ts";
import { BidForm } from "./bid-form.tsx";
import classes from "./bid-panel.module.css";
import { ConfirmBid } from "./confirm-bid.tsx";
import type { LotProps } from "./price-panel.tsx";
import { stepsAbove } from "./steps-above.ts";
import { useBidding } from "./use-bidding.ts";

const quickSteps = [1, 2, 5];

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
      <section className={classes.panel} aria-label="Bid">
        <p className={classes.last} role="alert">
          {bidding.problem}
        </p>
      </section>
    ) : null;
  }
  if (!visitor) {
    return (
      <section className={classes.panel} aria-label="Bid">
        <h2 className={classes.heading}>Sign in to bid</h2>
        <SignIn notice={notice} />
      </section>
    );
  }
  const { standing, phase, minimum, maximum } = auction;
  if (phase !== "open" && phase !== "closing") {
    return (
      <section className={classes.panel} aria-label="Bid">
        <p className={classes.note}>
          {phase === "draft" ? "Its seller has not opened it yet." : "You can bid as soon as it opens."}
        </p>
      </section>
    );
  }
  if (minimum === null) return null;
  const { price } = state;
  const leads = standing === "leading";
  const amounts = quickSteps.map((steps) => {
    // The first bid is the start price itself.
    if (price === null) return stepsAbove(lot.increments, lot.startPrice, steps - 1);
    return stepsAbove(lot.increments, leads && lot.proxy && maximum !== null ? maximum : price, steps);
  });
  return (
    <section className={classes.panel} aria-label="Bid">
      <h2 className={classes.heading}>{headingOf(lot.proxy, leads)}</h2>
      <div className={classes.quick}>
        {amounts.map((amount, index) => (
          <Button
            key={quickSteps[index]}
            variant={index === 0 ? "filled" : "default"}
            classNames={{ root: classes.quickBid, label: classes.quickLabel }}
            disabled={phase === "closing"}
            onClick={(event) => {
              // What is pressed twice at once is meant once, and by then the button may say more.
              if (event.detail < 2) void bidding.bid(amount);
            }}
          >
            <span className={classes.step}>+{quickSteps[index]}</span>
            <span>
              <VisuallyHidden>Bid </VisuallyHidden>
              {formatMoney(amount, lot.currency)}
            </span>
          </Button>
        ))}
      </div>
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
