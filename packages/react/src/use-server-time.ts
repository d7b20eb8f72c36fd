"use client";

import { useMemo } from "react";
import { clockSource } from "./clock-source.ts";
import { useClient } from "./provider.tsx";
import { asItIs, useSource } from "./use-source.ts";

export interface ServerTimeOptions {
  /**
   * How often the component is to be told, in milliseconds.
   *
   * @default 1000
   */
  readonly every?: number | undefined;
}

/**
 * The server's time, in milliseconds since the epoch, in steps of `every`. It is undefined while a page is rendered on a server.
 *
 * @example
 * ```tsx
 * const now = useServerTime();
 * return <time>{now === undefined ? "" : new Date(now).toLocaleTimeString()}</time>;
 * ```
 */
export function useServerTime({ every = 1_000 }: ServerTimeOptions = {}): number | undefined {
  const { clock } = useClient();
  const source = useMemo(() => {
    const step = (now: number) => Math.floor(now / every) * every;
    return clockSource(clock, step, (now) => step(now) + every);
  }, [clock, every]);
  return useSource(source, asItIs);
}
