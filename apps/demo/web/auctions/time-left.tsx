import { useCountdown } from "@shoal/react";
import { clockOf, wordsOf } from "./clock-of.ts";
import classes from "./time-left.module.css";

/** From when on the end is near, in seconds. */
const nearSeconds = 60;

/** How far a clock may be off before it is said, in milliseconds. */
const wide = 1_000;

interface TimeLeftProps {
  /** Milliseconds since the epoch, by the server's clock. */
  readonly until: number;
  /** What is shown once it has come. */
  readonly over: string;
}

/** How long it is until an instant of the server's. */
export function TimeLeft({ until, over }: TimeLeftProps) {
  const left = useCountdown(until);
  if (!left) return null;
  if (left.over) return <span className={classes.left}>{over}</span>;
  return (
    <span
      className={classes.left}
      role="timer"
      aria-label={`${wordsOf(left.seconds)} left`}
      data-near={left.seconds <= nearSeconds || undefined}
      title={titleOf(left.uncertainty)}
    >
      {left.uncertainty > wide && "about "}
      {clockOf(left.seconds)}
    </span>
  );
}

function titleOf(uncertainty: number): string {
  return Number.isFinite(uncertainty)
    ? `By the server's clock, give or take ${uncertainty} ms`
    : "By this device's clock, until the server has told its own";
}
