import { useConnection } from "@shoal/react";
import { networkCut } from "../network-switch.ts";
import { useStore } from "../store.ts";
import classes from "./connection-banner.module.css";
import { type Line, useLine } from "./use-line.ts";

/** Says what to expect while the line is down. */
export function ConnectionBanner() {
  const { kind } = useLine();
  const { error } = useConnection();
  const cut = useStore(networkCut);
  const text = cut
    ? "You have cut this tab off. Others go on without you, and what you write waits here."
    : textOf(kind, error?.message);
  if (!text) return null;
  return (
    <div className={classes.banner} role="alert">
      {text}
    </div>
  );
}

function textOf(kind: Line["kind"], reason: string | undefined): string | undefined {
  switch (kind) {
    case "live":
    case "connecting":
      return undefined;
    case "reconnecting":
    case "offline":
      return "The server cannot be reached. You can go on writing: it is sent when the line is back.";
    case "failed":
      return `${reason ?? "The connection was closed."} Load the page again to try once more.`;
  }
}
