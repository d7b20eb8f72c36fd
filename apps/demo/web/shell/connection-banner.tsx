import { UnstyledButton } from "@mantine/core";
import { useClient, useConnection, useQueue } from "@shoal/react";
import { networkCut } from "../network-switch.ts";
import { useStore } from "../store.ts";
import classes from "./connection-banner.module.css";
import { type Line, useLine } from "./use-line.ts";

/** Says what to expect while the line is down, and what waits for it. */
export function ConnectionBanner() {
  const { connection } = useClient();
  const line = useLine();
  const { error } = useConnection();
  const { queued } = useQueue();
  const cut = useStore(networkCut);
  const text = cut ? "You have cut this tab off. Others go on without you." : textOf(line, error?.message);
  if (!text) return null;
  return (
    <div className={classes.banner} role="alert">
      <span>
        {text}
        {/* A screen reader would read a countdown out each second. */}
        {line.again && <span aria-hidden> Trying again in {line.again}.</span>}
      </span>
      {line.kind !== "failed" && <span className={classes.queued}>{waitingOf(queued)}</span>}
      {!cut && line.kind !== "offline" && (
        <UnstyledButton className={classes.retry} onClick={connection.retry}>
          Try now
        </UnstyledButton>
      )}
    </div>
  );
}

function textOf({ kind }: Line, reason: string | undefined): string | undefined {
  switch (kind) {
    case "live":
    case "connecting":
      return undefined;
    case "reconnecting":
      return "The server cannot be reached.";
    case "offline":
      return "This device has no network.";
    case "failed":
      return reason ?? "The connection was closed.";
  }
}

function waitingOf(queued: number): string {
  if (queued === 0) return "What you write waits here.";
  return queued === 1 ? "1 change waits to be sent." : `${queued} changes wait to be sent.`;
}
