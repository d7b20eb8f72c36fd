import { Switch } from "@mantine/core";
import { ShoalError } from "@shoal/contract";
import { useChannel } from "@shoal/react";
import { useState } from "react";
import { simulation } from "../../contract/simulation.ts";
import classes from "./simulation-switch.module.css";

/** For who is alone: bidders that are programs on the server, and say so. */
export function SimulationSwitch({ auctionId }: { readonly auctionId: string }) {
  const { state, send } = useChannel(simulation, { auctionId });
  const [problem, setProblem] = useState<string>();
  if (!state) return null;
  const turn = (on: boolean) => {
    setProblem(undefined);
    (on ? send.switchOn() : send.switchOff()).catch((error: unknown) =>
      setProblem(error instanceof ShoalError ? error.message : "That did not get through. Try again."),
    );
  };
  return (
    <div className={classes.box}>
      <Switch
        label="Simulated bidders"
        description="Programs that bid like people. Their bids are labelled."
        checked={state.on}
        error={problem}
        onChange={(event) => turn(event.currentTarget.checked)}
      />
    </div>
  );
}
