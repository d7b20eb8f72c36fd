import { Button, NativeSelect } from "@mantine/core";
import { ShoalError } from "@shoal/contract";
import type { Auctions } from "@shoal/contract/auctions";
import { useClient } from "@shoal/react";
import type { UseAuction } from "@shoal/react/auctions";
import { useState } from "react";
import classes from "./bid-panel.module.css";
import { durations } from "./durations.ts";
import panels from "./panel.module.css";
import { statusText } from "./status-text.ts";

interface SellerPanelProps {
  readonly auction: UseAuction;
  readonly state: Auctions["state"];
}

type Answer =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "NOT_ALLOWED" | "BAD_TIMES" }
  | { readonly ok: false; readonly reason: "NOT_NOW"; readonly status: Auctions["state"]["status"] }
  | { readonly ok: false; readonly reason: "HAS_BIDS"; readonly bids: number };

/** What the seller sees in place of bidding. */
export function SellerPanel({ auction: { send }, state: { status, bids } }: SellerPanelProps) {
  const { clock } = useClient();
  const [minutes, setMinutes] = useState("10");
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const act = async (asked: Promise<Answer>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await asked;
      if (!answer.ok) setProblem(sentence(answer));
    } catch (error) {
      setProblem(error instanceof ShoalError ? error.message : "That did not get through. Try again.");
    }
    setBusy(false);
  };
  if (status === "closed" || status === "cancelled") return null;
  const openNow = () => send.open(status === "draft" ? { endsAt: clock.now() + Number(minutes) * 60_000 } : {});
  return (
    <section className={panels.panel} aria-label="Your lot">
      <h2 className={classes.heading}>You sell this</h2>
      {status === "draft" && (
        <NativeSelect
          label="Open it for"
          data={durations}
          value={minutes}
          mb="sm"
          onChange={(event) => setMinutes(event.currentTarget.value)}
        />
      )}
      {status === "open" && (
        <p className={classes.note}>
          {bids === 0
            ? "You can still cancel it, as long as nobody has bid."
            : "It has bids, so it goes on to its end. You will see here how it went."}
        </p>
      )}
      {bids === 0 && (
        <div className={classes.actions}>
          {status !== "open" && (
            <Button loading={busy} onClick={() => void act(openNow())}>
              Open it now
            </Button>
          )}
          <Button variant="default" color="red" loading={busy} onClick={() => void act(send.cancel())}>
            Cancel the auction
          </Button>
        </div>
      )}
      {problem && (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

function sentence(answer: Exclude<Answer, { readonly ok: true }>): string {
  switch (answer.reason) {
    case "NOT_ALLOWED":
      return "Only its seller may do that.";
    case "NOT_NOW":
      return `That is not possible any more: ${statusText(answer.status, null).toLowerCase()}.`;
    case "BAD_TIMES":
      return "Its end has passed already. Offer it anew.";
    case "HAS_BIDS":
      return "Somebody has bid meanwhile, so it goes on to its end.";
  }
}
