import { ActionIcon } from "@mantine/core";
import { ShoalError } from "@shoal/contract";
import { watchedAuctions } from "@shoal/contract/auctions";
import { useChannel } from "@shoal/react";
import { IconStar, IconStarFilled } from "@tabler/icons-react";
import { useState } from "react";
import { ProblemTip } from "./problem-tip.tsx";

interface WatchStarProps {
  readonly auctionId: string;
  readonly userId: string;
}

/** Puts a lot on one's watch list, and takes it off. */
export function WatchStar({ auctionId, userId }: WatchStarProps) {
  const { state, send } = useChannel(watchedAuctions, { userId });
  const [problem, setProblem] = useState<string>();
  const watched = state?.auctionIds.includes(auctionId) ?? false;
  const turn = async () => {
    setProblem(undefined);
    try {
      if (watched) {
        await send.remove({ auctionId });
        return;
      }
      const outcome = await send.add({ auctionId });
      if (!outcome.ok) setProblem(`A watch list has ${outcome.most} lots at most. Take one off first.`);
    } catch (error) {
      setProblem(error instanceof ShoalError ? error.message : "That did not get through. Try again.");
    }
  };
  const label = watched ? "Take it off your watch list" : "Put it on your watch list";
  return (
    <ProblemTip problem={problem} label={label}>
      <ActionIcon
        variant="default"
        size="lg"
        radius="xl"
        aria-label="On your watch list"
        aria-pressed={watched}
        disabled={!state}
        onClick={() => void turn()}
      >
        {watched ? <IconStarFilled size={18} color="#e29a14" /> : <IconStar size={18} />}
      </ActionIcon>
    </ProblemTip>
  );
}
