import { useState } from "react";
import { formatMoney } from "../../contract/money.ts";
import classes from "./price-tag.module.css";

interface PriceTagProps {
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
}

/** A price, which lights up whenever it changes while it is looked at. */
export function PriceTag({ amount, currency }: PriceTagProps) {
  const [first] = useState(amount);
  return (
    <span key={amount} className={classes.price} data-changed={amount !== first || undefined}>
      {formatMoney(amount, currency)}
    </span>
  );
}
