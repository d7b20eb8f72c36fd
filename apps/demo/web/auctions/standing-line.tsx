import { IconArrowUp, IconCheck, IconClock, IconHourglass, IconTrophy, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { formatMoney } from "../../contract/money.ts";
import { useVisitor } from "../user.ts";
import type { LotProps } from "./price-panel.tsx";
import classes from "./standing-line.module.css";

/** How the user stands, told as it changes. */
export function StandingLine(props: LotProps) {
  const visitor = useVisitor();
  const sells = visitor?.id === props.lot.seller.id;
  const told = sells ? toldToSeller(props) : toldToBidder(props);
  return (
    <div role="status" aria-label="Your standing">
      {told && (
        <div className={classes.line} data-tone={told.tone}>
          {told.icon}
          <span>{told.text}</span>
        </div>
      )}
    </div>
  );
}

interface Told {
  readonly tone: "good" | "bad" | "wait" | "plain";
  readonly icon: ReactNode;
  readonly text: string;
}

const size = 18;

function toldToBidder({ auction, state, lot }: LotProps): Told | undefined {
  const { standing, phase, maximum } = auction;
  const money = (amount: number) => formatMoney(amount, lot.currency);
  const own = maximum === null ? "" : lot.proxy ? ` Your maximum is ${money(maximum)}.` : ` You bid ${money(maximum)}.`;
  if (phase === "closing") {
    return { tone: "wait", icon: <IconHourglass size={size} aria-hidden />, text: "Time is up. The server decides…" };
  }
  const [pending] = state.pending.toReversed();
  if (pending) {
    const text = `Your bid of ${money(pending.amount)} is on its way.`;
    return { tone: "wait", icon: <IconClock size={size} aria-hidden />, text };
  }
  switch (standing) {
    case "none":
      return state.status === "closed" ? outcome(state, money) : undefined;
    case "leading":
      return { tone: "good", icon: <IconCheck size={size} aria-hidden />, text: `You lead.${own}` };
    case "outbid":
      return { tone: "bad", icon: <IconArrowUp size={size} aria-hidden />, text: `You are outbid.${own}` };
    case "won": {
      const text = `You won it for ${money(state.price ?? 0)}.`;
      return { tone: "good", icon: <IconTrophy size={size} aria-hidden />, text };
    }
    case "lost":
      return state.status === "cancelled"
        ? { tone: "plain", icon: <IconX size={size} aria-hidden />, text: "The auction was cancelled. Nobody pays." }
        : outcome(state, money);
  }
}

function toldToSeller({ auction, state, lot }: LotProps): Told | undefined {
  if (auction.phase === "closing") {
    return { tone: "wait", icon: <IconHourglass size={size} aria-hidden />, text: "Time is up. The server decides…" };
  }
  if (state.status === "closed") return outcome(state, (amount) => formatMoney(amount, lot.currency));
  return undefined;
}

function outcome({ result, leader, price }: LotProps["state"], money: (amount: number) => string): Told {
  if (result === "sold" && leader && price !== null) {
    return {
      tone: "plain",
      icon: <IconTrophy size={size} aria-hidden />,
      text: `Sold to ${leader.name} for ${money(price)}.`,
    };
  }
  const text = result === "no_bids" ? "It ended without a bid." : "Not sold: the reserve was not met.";
  return { tone: "plain", icon: <IconX size={size} aria-hidden />, text };
}
