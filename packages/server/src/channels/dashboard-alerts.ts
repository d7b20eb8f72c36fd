import { ShoalError } from "@shoal/contract";
import type { Dashboard, DashboardAlertsTypes } from "@shoal/contract/dashboards";
import type { Effect } from "../channel/effects.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, Retention, ServedChannel } from "../channel/serve-options.ts";
import type { RateOptions } from "../security/rates.ts";
import type { User } from "../user.ts";
import { AlertDecisions, aboutOf, strayIn, strayMs } from "./dashboard-alert-decisions.ts";
import { type AlertNews, type AlertsTypes, newsOf, toTell } from "./dashboard-alert-effects.ts";
import { readAlertHistory } from "./dashboard-alert-history.ts";
import { toPerson } from "./to-person.ts";

export type { AlertNews } from "./dashboard-alert-effects.ts";

export interface DashboardAlertsOptions<Rule extends string, W, C> {
  /**
   * Whether the user may do `action` (`watch`, `acknowledge`). Who may watch may read the history.
   * @default who is signed in may, where the dashboard's own `authorize` lets them watch that
   */
  readonly authorize?: (call: AuthorizeCall<AlertsTypes, W, C>) => boolean | Promise<boolean>;
  /**
   * What the application makes of an alert that fires or is resolved: commands for other topics, such as the inboxes of those whom its
   * rule names. Pure. Each is told once in effect. When it throws, it is tried again and then parked, and no alert is held up.
   * @default nobody is told
   */
  readonly effects?: (news: AlertNews<Rule>) => readonly Effect[];
  /**
   * How long the log is kept, from which `history` reads. A rule without hysteresis may make many events in a short time.
   * @default { events: 100000, ageMs: 7776000000 }, which is 90 days
   */
  readonly retention?: Retention;
  /**
   * How often a user may ask something, on each node.
   * @default the `rates` of `createRealtime`
   */
  readonly rates?: RateOptions;
}

const usualRetention = { events: 100_000, ageMs: 90 * 86_400_000 } as const;

/** Serves the alerts of a dashboard: durable, whatever the dashboard is. What is crossed is told by its `cross`. */
export function serveDashboardAlerts<
  Name extends string,
  M,
  Tier extends string,
  Rule extends string,
  W extends User | null = User | null,
  C = object,
>(
  dashboard: Dashboard<Name, M, Tier, Rule>,
  options: DashboardAlertsOptions<NoInfer<Rule>, W, C> = {},
): ServedChannel<DashboardAlertsTypes<`${Name}Alerts`>, W, C> {
  const { authorize, effects, rates, retention = usualRetention } = options;
  const tell = effects as ((news: AlertNews) => readonly Effect[]) | undefined;
  const served = serveChannel<AlertsTypes, W, C>(dashboard.alerts as never, {
    ...(authorize && { authorize }),
    ...(rates && { rates }),
    retention,
    // What it reads is authorized as a watch.
    authorizeQuery: () => true,
    timers(state) {
      const pending = state.alerts.filter(({ phase }) => phase === "pending");
      const stray = strayIn(dashboard, state).map(({ since }) => since + strayMs);
      return [
        ...pending.map(({ id, dueAt }) => ({ name: `fire:${id}`, at: dueAt, command: "fire", input: { id } }) as const),
        ...(stray.length > 0 ? [{ name: "tidy", at: Math.min(...stray), command: "tidy" } as const] : []),
      ];
    },
    commands: {
      cross({ input: { crossings }, ...call }) {
        const decisions = new AlertDecisions(dashboard, call);
        decisions.tidy();
        for (const crossing of crossings) decisions.cross(crossing);
      },
      fire: ({ input: { id }, ...call }) => new AlertDecisions(dashboard, call).fire(id),
      tidy: (call) => new AlertDecisions(dashboard, call).tidy(),
      tell: ({ input, emit }) => emit("told", input),
      acknowledge({ state: { alerts }, input: { id, note = "" }, user, now, emit, reject }) {
        if (!user) throw new ShoalError("UNAUTHORIZED", "Sign in to acknowledge an alert.");
        const alert = alerts.find((one) => one.id === id);
        if (!alert) return reject("NOT_FOUND");
        if (alert.phase !== "firing") return reject("NOT_FIRING");
        if (alert.acknowledged) return reject("ALREADY", { by: alert.acknowledged.by });
        emit("acknowledged", { alert: aboutOf(alert), acknowledgement: { by: toPerson(user), at: now, note } });
      },
    },
    effects: (event) => (tell ? [...toTell(dashboard, event), ...newsOf(dashboard, event).flatMap(tell)] : []),
    // The events that name a user are that user's own, and redacted as such.
    eraseUser({ state: { alerts }, userId, emit }) {
      const ids = alerts.filter(({ acknowledged }) => acknowledged?.by.id === userId).map(({ id }) => id);
      if (ids.length > 0) emit("forgotten", { ids });
    },
    queries: { history: ({ input, topic }) => readAlertHistory(topic({}), input) },
  });
  return served as never;
}
