"use client";

import { type AlertHistoryState, alertHistory, unreadHistory } from "@shoal/client/dashboards";
import type { CommandOutcome } from "@shoal/contract";
import type { Alert, Dashboard, DashboardAlertsTypes } from "@shoal/contract/dashboards";
import { useEffect, useMemo } from "react";
import type { UseChannel } from "./channel-view.ts";
import { useClient } from "./provider.tsx";
import { useChannel } from "./use-channel.ts";
import { asItIs, type Source, useSource } from "./use-source.ts";

type Alerts<Name extends string> = DashboardAlertsTypes<`${Name}Alerts`>;

/** An alert whose rule is one of the dashboard's. */
export type AlertOf<Rule extends string> = Omit<Alert, "rule"> & { readonly rule: Rule };

/** The alerts of a dashboard as they are now, and what can be done with them. */
export type UseAlerts<Name extends string, Rule extends string> = UseChannel<Alerts<Name>> & {
  /** Those that are pending or firing, and the newest that are over; the newest first. None while there is no state. */
  readonly alerts: readonly AlertOf<Rule>[];
  /** Those that are firing, the newest first. */
  readonly firing: readonly AlertOf<Rule>[];
  /** Tells everybody that the user looks after it. The promise resolves to the outcome of the command. */
  readonly acknowledge: (
    alert: Pick<Alert, "id">,
    note?: string,
  ) => Promise<CommandOutcome<Alerts<Name>, "acknowledge">>;
  /** What was read of the past: nothing, unless the option `history` is set. */
  readonly history: AlertHistoryState & { readonly loadOlder: () => void };
};

export interface UseAlertsOptions {
  /**
   * Whether the history is read: its newest page at first, and what comes as it comes. It needs a client that was created with the dashboard's `alerts`.
   * @default false
   */
  readonly history?: boolean | undefined;
}

/**
 * Watches the alerts of a dashboard while the component is mounted.
 *
 * @example
 * ```tsx
 * const { firing, acknowledge } = useAlerts(ops);
 * ```
 */
export function useAlerts<Name extends string, M, T extends string, R extends string>(
  dashboard: Dashboard<Name, M, T, R>,
  { history: withHistory = false }: UseAlertsOptions = {},
): UseAlerts<Name, R> {
  const view = useChannel<Alerts<Name>, never>(dashboard.alerts as never, {} as never) as UseChannel<Alerts<Name>>;
  const { state, topic, status, offset } = view;
  const history = useHistory(dashboard, { wanted: withHistory, offset, isLive: status === "live" });
  return useMemo(() => {
    const { alerts } = (state ?? none) as unknown as { readonly alerts: readonly AlertOf<R>[] };
    const send = topic.send as unknown as Readonly<Record<"acknowledge", (input: object) => Promise<never>>>;
    return {
      ...view,
      alerts,
      firing: alerts.filter(({ phase }) => phase === "firing"),
      acknowledge: ({ id }: Pick<Alert, "id">, note?: string) =>
        send.acknowledge({ id, ...(note !== undefined && { note }) }),
      history,
    } as never;
  }, [view, state, topic, history]);
}

const none = { alerts: [] };
const unread: Source<AlertHistoryState> = {
  subscribe: () => () => {},
  read: () => unreadHistory,
  readOnServer: () => unreadHistory,
};

interface HistoryUse {
  readonly wanted: boolean;
  /** Of the alerts as they are shown. */
  readonly offset: number | undefined;
  readonly isLive: boolean;
}

/**
 * Whatever is in the history is an event of the alerts: it is read again when there is another one, and when there is a connection again, with which
 * an answer may have been lost.
 */
function useHistory(
  dashboard: Parameters<typeof alertHistory>[1],
  { wanted, offset, isLive }: HistoryUse,
): AlertHistoryState & { readonly loadOlder: () => void } {
  const client = useClient();
  const history = useMemo(() => (wanted ? alertHistory(client, dashboard) : undefined), [client, dashboard, wanted]);
  const source = useMemo(
    () =>
      history
        ? { subscribe: history.subscribe, read: () => history.current, readOnServer: () => unreadHistory }
        : unread,
    [history],
  );
  const read = useSource(source, asItIs);
  useEffect(() => {
    if (offset === undefined) history?.clear();
    else if (isLive) history?.refresh();
  }, [history, offset, isLive]);
  return useMemo(() => ({ ...read, loadOlder: () => history?.loadOlder() }), [read, history]);
}
