import { Button, VisuallyHidden } from "@mantine/core";
import { maxAmount } from "@shoal/contract/auctions";
import { formatMoney } from "../../contract/money.ts";
import classes from "./bid-panel.module.css";
import type { LotProps } from "./price-panel.tsx";
import { stepsAbove } from "./steps-above.ts";

/** How many increments above what there is. */
const quickSteps = [1, 2, 5];

interface QuickBidsProps extends LotProps {
  readonly onBid: (amount: number) => void;
}

/** Bids by one press. What is pressed twice at once is meant once, and by then the button may say more. */
export function QuickBids({ auction, state, lot, onBid }: QuickBidsProps) {
  return (
    <div className={classes.quick}>
      {offersOf(auction, state, lot).map(({ steps, amount }) => (
        <Button
          key={steps}
          variant={steps === 1 ? "filled" : "default"}
          classNames={{ root: classes.quickBid, label: classes.quickLabel }}
          disabled={auction.phase === "closing"}
          onClick={({ detail }) => detail < 2 && onBid(amount)}
        >
          <span className={classes.step}>+{steps}</span>
          <span>
            <VisuallyHidden>Bid </VisuallyHidden>
            {formatMoney(amount, lot.currency)}
          </span>
        </Button>
      ))}
    </div>
  );
}

/** Above the price, or one's own maximum; the first bid is the start price itself. */
function offersOf({ standing, maximum }: LotProps["auction"], { price }: LotProps["state"], lot: LotProps["lot"]) {
  const raises = standing === "leading" && lot.proxy && maximum !== null;
  return quickSteps
    .map((steps) => {
      const [from, above] = price === null ? [lot.startPrice, steps - 1] : [raises ? maximum : price, steps];
      return { steps, amount: stepsAbove(lot.increments, from, above) };
    })
    .filter(({ amount }) => amount <= maxAmount);
}
