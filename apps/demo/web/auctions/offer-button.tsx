import { Button, Tooltip } from "@mantine/core";
import { IconGavel } from "@tabler/icons-react";
import { TRPCClientError } from "@trpc/client";
import { useState } from "react";
import { navigate, pathOfAuction } from "../router.ts";
import { offerSample } from "./offer-sample.ts";

/** Has the house offer something, with simulated bidders, for who is alone. */
export function OfferButton() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const offer = async () => {
    setBusy(true);
    try {
      const { auctionId } = await offerSample();
      navigate(pathOfAuction(auctionId));
    } catch (cause) {
      const answered = cause instanceof TRPCClientError && cause.data;
      setProblem(answered ? cause.message : "The server cannot be reached. Try again.");
      setBusy(false);
    }
  };
  return (
    <Tooltip label={problem} opened={problem !== undefined} color="red" withArrow multiline maw={260}>
      <Button
        variant="default"
        px="sm"
        leftSection={<IconGavel size={17} />}
        loading={busy}
        onClick={() => void offer()}
      >
        Offer a sample lot
      </Button>
    </Tooltip>
  );
}
