"use client";

import { useMemo } from "react";
import { clockSource } from "./clock-source.ts";
import { useClient } from "./provider.tsx";
import { shallow } from "./shallow.ts";
import { asItIs, useSource } from "./use-source.ts";

/** How far an instant is, by the server's clock. */
export interface Countdown {
  /** Whole seconds that are left, rounded up: 1 until the instant has come, and then 0. */
  readonly seconds: number;
  readonly over: boolean;
  /** How far this may be off, in milliseconds; infinite until the server has told its time. */
  readonly uncertainty: number;
}

/**
 * Counts down to an instant, and changes as each second of it ends. It is undefined while a page is rendered on a server, and where
 * there is no instant.
 *
 * @param endsAt - in milliseconds since the epoch, by the server's clock
 *
 * @example
 * ```tsx
 * const left = useCountdown(state.endsAt);
 * return <p>{left?.over ? "Sold" : `${left?.seconds} s`}</p>;
 * ```
 */
export function useCountdown(endsAt: number | null): Countdown | undefined {
  const { clock } = useClient();
  const source = useMemo(() => {
    const secondsAt = (now: number) => Math.max(0, Math.ceil(((endsAt ?? now) - now) / 1_000));
    const read = (now: number, before: Countdown | undefined): Countdown => {
      const seconds = secondsAt(now);
      const next = { seconds, over: seconds === 0, uncertainty: Math.ceil(clock.uncertainty) };
      return before && shallow(before, next) ? before : next;
    };
    const next = (now: number) =>
      endsAt === null || endsAt <= now ? Number.POSITIVE_INFINITY : endsAt - (secondsAt(now) - 1) * 1_000;
    return clockSource(clock, read, next);
  }, [clock, endsAt]);
  const left = useSource(source, asItIs);
  return endsAt === null ? undefined : left;
}
