import { ShoalError } from "@shoal/contract";
import type { UseAuction } from "@shoal/react/auctions";
import { useState } from "react";
import { formatMoney } from "../../contract/money.ts";
import { useSignOutOn } from "../use-sign-out-on.ts";
import { statusText } from "./status-text.ts";

/** A bid that the server asks to be confirmed. Minor units. */
export interface AskedBid {
  readonly amount: number;
  readonly limit: number;
}

type Told =
  | { readonly kind: "nothing" }
  | { readonly kind: "note"; readonly text: string }
  /** The amount will not do, and another one may. */
  | { readonly kind: "wrong"; readonly text: string }
  /** The bid has come to nothing. */
  | { readonly kind: "problem"; readonly text: string; readonly error?: ShoalError }
  | { readonly kind: "asked"; readonly bid: AskedBid };

interface Bidding {
  /** Resolves to whether the bid was taken. */
  readonly bid: (amount: number) => Promise<boolean>;
  /** Sends the bid that was asked about. */
  readonly confirm: () => Promise<boolean>;
  /** Says why an amount was not even sent. */
  readonly refuse: (text: string) => void;
  /** Puts away what was told of the last bid. */
  readonly clear: () => void;
  readonly note: string | undefined;
  /** Why the amount will not do. */
  readonly wrong: string | undefined;
  /** Why the last bid has come to nothing. */
  readonly problem: string | undefined;
  readonly asked: AskedBid | undefined;
}

const nothing: Told = { kind: "nothing" };

/** Bids, and says what became of the last bid. */
export function useBidding({ send, state }: UseAuction, currency: string): Bidding {
  const [told, setTold] = useState<Told>(nothing);
  useSignOutOn(told.kind === "problem" ? told.error : undefined);

  const place = async (amount: number, confirmed: boolean) => {
    setTold(nothing);
    try {
      const outcome = await send.placeBid({ amount, currency, confirmed });
      setTold(tell(outcome, amount, currency));
      return outcome.ok;
    } catch (cause) {
      const error = cause instanceof ShoalError ? cause : undefined;
      const text = error?.message ?? "Your bid did not get through. Try again.";
      setTold({ kind: "problem", text, ...(error && { error }) });
      return false;
    }
  };
  const refuse = (text: string) => setTold({ kind: "wrong", text });
  const bid = async (amount: number) => {
    const sent = Math.max(...(state?.pending ?? []).map((offer) => offer.amount));
    if (sent < amount) return await place(amount, false);
    refuse(`Your bid of ${formatMoney(sent, currency)} is on its way already. Bid more, or wait for the answer.`);
    return false;
  };
  return {
    bid,
    confirm: async () => told.kind === "asked" && (await place(told.bid.amount, true)),
    refuse,
    clear: () => setTold(nothing),
    note: told.kind === "note" ? told.text : undefined,
    wrong: told.kind === "wrong" ? told.text : undefined,
    problem: told.kind === "problem" ? told.text : undefined,
    asked: told.kind === "asked" ? told.bid : undefined,
  };
}

type Outcome = Awaited<ReturnType<UseAuction["send"]["placeBid"]>>;

function tell(outcome: Outcome, amount: number, currency: string): Told {
  if (outcome.ok) {
    if (outcome.result.leading) return nothing;
    const least = formatMoney(outcome.result.minimum, currency);
    const text = `Your bid counts, and somebody's maximum is at least as great. Bid ${least} or more to go on.`;
    return { kind: "note", text };
  }
  if (outcome.reason === "TOO_HIGH") return { kind: "asked", bid: { amount, limit: outcome.limit } };
  return { kind: outcome.reason === "BELOW_MINIMUM" ? "wrong" : "problem", text: sentence(outcome, currency) };
}

type Rejection = Exclude<Extract<Outcome, { readonly ok: false }>, { readonly reason: "TOO_HIGH" }>;

function sentence(rejection: Rejection, currency: string): string {
  switch (rejection.reason) {
    case "BELOW_MINIMUM":
      return `Somebody was faster: the least bid is ${formatMoney(rejection.minimum, currency)} now.`;
    case "NOT_OPEN":
      return `Nobody can bid now: ${statusText(rejection.status, null).toLowerCase()}.`;
    case "ENDED":
      return "It has ended. This bid came too late.";
    case "OWN_AUCTION":
      return "This is your own lot, and nobody bids for what they sell.";
    case "NOT_ELIGIBLE":
      return "You may not bid for this lot.";
    case "CURRENCY_MISMATCH":
      return `Bids for this lot are in ${rejection.currency}.`;
  }
}
