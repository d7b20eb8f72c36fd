import { Button } from "@mantine/core";
import { useClient } from "@shoal/react";
import { IconPlugConnected, IconPlugConnectedX } from "@tabler/icons-react";
import { cutNetwork, networkCut, restoreNetwork } from "../network-switch.ts";
import { useStore } from "../store.ts";
import classes from "./network-button.module.css";

/** Lets a visitor see what a lost connection does. */
export function NetworkButton() {
  const { connection } = useClient();
  const cut = useStore(networkCut);
  const restore = () => {
    restoreNetwork();
    // As browsers tell when there is a network again.
    connection.retry();
  };
  const label = cut ? "Restore the network" : "Cut the network";
  return (
    <Button
      className={classes.button}
      variant={cut ? "filled" : "default"}
      color="red"
      size="compact-md"
      radius="xl"
      aria-label={label}
      title={label}
      onClick={cut ? restore : cutNetwork}
    >
      {cut ? <IconPlugConnectedX size={17} /> : <IconPlugConnected size={17} />}
      <span className={classes.label}>{label}</span>
    </Button>
  );
}
