import { Button } from "@mantine/core";
import classes from "./older-messages.module.css";
import type { UseTimeline } from "./use-timeline.ts";

/** The way back in the room's history. */
export function OlderMessages({ timeline }: { readonly timeline: UseTimeline }) {
  const { entries, hasOlder, loading, error, loadOlder } = timeline;
  if (entries.length === 0 && !hasOlder) return null;
  if (!hasOlder) return <p className={classes.beginning}>This is where the room begins.</p>;
  return (
    <div className={classes.older}>
      {error && <p role="alert">Older messages could not be loaded: {error.message}</p>}
      <Button variant="default" size="compact-sm" radius="xl" loading={loading} onClick={() => void loadOlder()}>
        {error ? "Try again" : "Load older messages"}
      </Button>
    </div>
  );
}
