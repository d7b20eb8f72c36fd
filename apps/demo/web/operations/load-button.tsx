import { Button } from "@mantine/core";
import { ShoalError } from "@shoal/contract";
import { useChannel, useCountdown } from "@shoal/react";
import { IconBolt } from "@tabler/icons-react";
import { useState } from "react";
import { workload } from "../../contract/workload.ts";
import classes from "./load-button.module.css";

/** Lets the server work for a while, so that there is something to see. */
export function LoadButton() {
  const { state, status, send } = useChannel(workload, {});
  const working = useCountdown(state?.spell?.until ?? null);
  const resting = useCountdown(state?.restUntil ?? null);
  const [problem, setProblem] = useState<string>();
  const isWorking = Boolean(state?.spell);
  const isResting = resting !== undefined && !resting.over;
  const begin = async () => {
    setProblem(undefined);
    try {
      await send.begin();
    } catch (error) {
      setProblem(error instanceof ShoalError ? error.message : "That did not get through. Try again.");
    }
  };
  const text = isWorking
    ? `Working, ${working?.seconds ?? 0} s left`
    : isResting
      ? `Resting, ${resting.seconds} s`
      : "Put load on the server";
  return (
    <div className={classes.load}>
      {problem && <span className={classes.problem}>{problem}</span>}
      {isWorking && <span className={classes.by}>{state?.spell?.by.name} let it work</span>}
      <Button
        leftSection={<IconBolt size={17} />}
        disabled={isWorking || isResting || status !== "live"}
        onClick={begin}
        title="Twenty seconds of commands and computing in the server's own process"
      >
        {text}
      </Button>
    </div>
  );
}
