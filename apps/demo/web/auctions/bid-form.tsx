import { Button, TextInput } from "@mantine/core";
import type { Lot } from "@shoal/contract/auctions";
import type { FormEvent } from "react";
import { formatMoney, parseMoney, toDecimal } from "../../contract/money.ts";
import classes from "./bid-panel.module.css";

interface BidFormProps {
  readonly lot: Lot;
  /** The least bid, in minor units. */
  readonly minimum: number;
  readonly leads: boolean;
  readonly disabled: boolean;
  /** Why the amount will not do, or the last bid was not taken. */
  readonly problem: string | undefined;
  readonly text: string;
  readonly onText: (change: string | ((now: string) => string)) => void;
  /** Resolves to whether the bid was taken. */
  readonly onBid: (amount: number) => Promise<boolean>;
  /** The text is none to bid with. */
  readonly onRefuse: (problem: string) => void;
  readonly onEdit: () => void;
}

/** An amount of one's own: a maximum, up to which the auction bids by itself, or without proxies the bid itself. */
export function BidForm({
  lot,
  minimum,
  leads,
  disabled,
  problem,
  text,
  onText,
  onBid,
  onRefuse,
  onEdit,
}: BidFormProps) {
  const { currency, proxy } = lot;
  const least = formatMoney(minimum, currency);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseMoney(text, currency);
    if (!parsed.ok) return onRefuse(parsed.problem);
    if (parsed.amount < minimum) return onRefuse(`The least bid is ${least}. Bid that or more.`);
    onText("");
    // It is there again to be mended, unless something else was written meanwhile.
    if (!(await onBid(parsed.amount))) onText((now) => now || text);
  };
  return (
    <>
      <form className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
        <TextInput
          className={classes.amount}
          label={proxy ? "Your maximum" : "Your bid"}
          placeholder={toDecimal(minimum, currency)}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          error={problem}
          errorProps={{ role: "alert" }}
          rightSection={<span aria-hidden>{currency}</span>}
          rightSectionWidth={52}
          onChange={(event) => {
            onText(event.currentTarget.value);
            onEdit();
          }}
        />
        <Button type="submit" disabled={disabled}>
          Bid
        </Button>
      </form>
      <p className={classes.hint}>{hintOf(proxy, leads, least)}</p>
    </>
  );
}

function hintOf(proxy: boolean, leads: boolean, least: string): string {
  if (!proxy) return `At least ${least}. You pay what you bid.`;
  if (leads) return `At least ${least}. Nobody sees it, and it does not move the price.`;
  return `At least ${least}. Only as much of it is bid as it takes to lead, and nobody sees the rest.`;
}
