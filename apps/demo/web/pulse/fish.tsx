import { useState } from "react";
import classes from "./fish.module.css";

interface FishProps {
  readonly hue: number;
  /** Fractions of the water's width and height. */
  readonly x: number;
  readonly y: number;
}

/** A fish that swims to where it is told, head first. */
export function Fish({ hue, x, y }: FishProps) {
  const [from, setFrom] = useState({ x, left: hue % 2 === 0 });
  if (from.x !== x) setFrom({ x, left: x < from.x });
  return (
    <div className={classes.fish} style={{ "--x": x, "--y": y, "--hue": hue }} aria-hidden data-fish>
      <svg viewBox="0 0 64 40" className={classes.shape} data-left={from.left || undefined} role="presentation">
        <path className={classes.tail} d="M18 20C12 12 8 8 2 7c2 5 3 9 3 13s-1 8-3 13c6-1 10-5 16-13z" />
        <path className={classes.fin} d="M30 9c3-6 9-8 15-7-3 2-4 5-4 8z" />
        <path className={classes.body} d="M62 20c-6 9-14 13-24 13-9 0-17-4-24-13C21 11 29 7 38 7c10 0 18 4 24 13z" />
        <path className={classes.shine} d="M24 14c5-4 11-5 17-4" />
        <circle cx="51" cy="17" r="3.4" fill="#fff" />
        <circle cx="52" cy="17" r="1.7" fill="#06222b" />
      </svg>
    </div>
  );
}
