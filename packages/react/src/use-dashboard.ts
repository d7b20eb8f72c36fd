"use client";

import {
  askForTier,
  type DashboardView,
  dashboardView,
  type Staleness,
  type TierTopic,
  type ViewOptions,
} from "@shoal/client/dashboards";
import type { Dashboard, DashboardState, DashboardTypes } from "@shoal/contract/dashboards";
import { useEffect, useMemo } from "react";
import type { UseChannel, UseSelected } from "./channel-view.ts";
import { useChannel } from "./use-channel.ts";

/** What a dashboard shows, and how it is watched. */
export interface UseDashboard<Name extends string, M, N extends keyof M>
  extends Pick<UseChannel<DashboardTypes<Name>>, "status" | "error" | "topic"> {
  /** What each metric shows now; undefined until there is a state. */
  readonly latest: DashboardView<M, N>["latest"] | undefined;
  /** Each metric over time, for charts; undefined until there is a state. */
  readonly series: DashboardView<M, N>["series"] | undefined;
  /** The metrics that are not kept up to date, and why: all of them while the connection is lost. */
  readonly stale: DashboardView<M, N>["stale"];
  /** When the newest of it came, in milliseconds since the epoch by the server's clock; undefined until there is a state. */
  readonly at: number | undefined;
}

export interface UseDashboardOptions<N extends string, Tier extends string> extends ViewOptions<N> {
  /**
   * How often it is told of what has changed. Of several components with one dashboard, the fastest gets what it asks for; while the page is hidden it
   * is the slowest.
   * @default the fastest
   */
  readonly tier?: Tier | undefined;
}

/**
 * Watches a dashboard while the component is mounted. It renders at most once a frame, and only when one of the metrics that it names has changed. The
 * options may be a new object on each render: they are compared by their values.
 *
 * @throws {ShoalError} `BAD_REQUEST` for a metric or a tier that the dashboard does not have, and a range, a gap or points that make no sense
 *
 * @example
 * ```tsx
 * const { latest, series, stale } = useDashboard(ops, { metrics: ["cpu"], tier: "calm", range: "5m", points: width });
 * const data = series && [series.cpu.x, series.cpu.value];
 * ```
 */
export function useDashboard<
  Name extends string,
  M,
  T extends string,
  R extends string,
  const N extends keyof M & string = keyof M & string,
>(dashboard: Dashboard<Name, M, T, R>, options: UseDashboardOptions<N, T> = {}): UseDashboard<Name, M, N> {
  const { metrics, range, points, gap, tier } = options;
  const key = JSON.stringify({ metrics, range, points, gap });
  const select = useMemo(() => {
    const look = dashboardView<Name, M, T, R, N>(dashboard, JSON.parse(key) as ViewOptions<N>);
    return (state: DashboardState) => look(state);
  }, [dashboard, key]);
  const { state, status, error, topic } = useChannel<DashboardTypes<Name>, never, DashboardView<M, N>>(
    dashboard,
    {} as never,
    { select } as never,
  ) as unknown as UseSelected<DashboardTypes<Name>, DashboardView<M, N>>;
  useEffect(() => askForTier(dashboard, topic as unknown as TierTopic, tier), [dashboard, topic, tier]);
  const isLost = status !== "live";
  return useMemo(() => {
    const view = state as DashboardView<M, N> | undefined;
    const stale = view && isLost ? allOf(Object.keys(view.latest), lost(view.at, error)) : (view?.stale ?? {});
    return { latest: view?.latest, series: view?.series, stale, status, error, topic, at: view?.at } as never;
  }, [state, isLost, status, error, topic]);
}

function lost(since: number, error: { readonly message: string } | undefined): Staleness {
  return { since, reason: error?.message ?? "There is no connection to the server." };
}

function allOf(names: readonly string[], why: Staleness): Record<string, Staleness> {
  return Object.fromEntries(names.map((name) => [name, why]));
}
