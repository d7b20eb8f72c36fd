import { Tooltip } from "@mantine/core";
import type { ConnectionState } from "@shoal/client";
import { useConnection } from "@shoal/react";
import classes from "./connection-badge.module.css";
import { useLine } from "./use-line.ts";

/** Whether what one sees is live, and how; if not, since when and why. */
export function ConnectionBadge() {
  const line = useLine();
  const why = whyOf(useConnection());
  return (
    <Tooltip label={why} disabled={!why} multiline maw={280} withArrow>
      <div role="status" aria-label="Connection" className={classes.badge} data-line={line.kind}>
        <span className={classes.dot} />
        <span className={classes.text}>
          {line.text}
          {/* A screen reader would read a counter out each second. */}
          {line.lasting && <span aria-hidden> for {line.lasting}</span>}
        </span>
      </div>
    </Tooltip>
  );
}

function whyOf({ error, transport }: ConnectionState): string | undefined {
  if (transport === "sse") return "WebSockets do not get through here, so events come as a stream over HTTP.";
  return error?.message;
}
