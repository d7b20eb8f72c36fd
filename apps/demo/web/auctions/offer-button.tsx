import { Button } from "@mantine/core";
import { IconGavel } from "@tabler/icons-react";
import { TRPCClientError } from "@trpc/client";
import { useState } from "react";
import { navigate, pathOfAuction, routeOf } from "../router.ts";
import { offerSample } from "./offer-sample.ts";
import { ProblemTip } from "./problem-tip.tsx";

/** Has the house offer something, with simulated bidders, for who is alone. */
export function OfferButton() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const offer = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { auctionId } = await offerSample();
      // Whoever has gone elsewhere meanwhile stays there.
      if (routeOf(location.pathname).page === "auctions") navigate(pathOfAuction(auctionId));
    } catch (cause) {
      const answered = cause instanceof TRPCClientError && cause.data;
      setProblem(answered ? cause.message : "The server cannot be reached. Try again.");
      setBusy(false);
    }
  };
  return (
    <ProblemTip problem={problem}>
      <Button
        variant="default"
        px="sm"
        leftSection={<IconGavel size={17} />}
        loading={busy}
        onClick={() => void offer()}
      >
        Offer a sample lot
      </Button>
    </ProblemTip>
  );
}
