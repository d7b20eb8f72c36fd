import { type Effect, effect } from "@shoal/server";
import { errorMonitor, realtimeHealth, systemHealth, userActivity } from "@shoal/server/dashboard-sources";
import { type AlertNews, serveDashboard } from "@shoal/server/dashboards";
import { operations } from "../contract/operations.ts";
import { people } from "../contract/people.ts";
import { busiestChannels } from "./busiest-channels.ts";

/** Always, so that whoever comes sees what was before. */
const each = { every: "1s", when: "always" } as const;

/**
 * What this process does, for everybody who is signed in: who starts a demo runs it, and who is let in may see what it complains of. It outlives a
 * restart, which is a gap in its lines.
 */
export function serveOperations({ alarms }: { readonly alarms: boolean }) {
  return serveDashboard(operations, {
    sources: [
      ...systemHealth(each),
      ...realtimeHealth(each),
      ...userActivity(each),
      ...errorMonitor(each),
      busiestChannels(),
    ],
    durable: true,
    // There is one process at a time, and the next one goes on with its lines.
    node: "demo",
    authorize: ({ user }) => user !== null,
    alerts: { authorize: ({ user }) => user !== null, ...(alarms && { effects: whatAlertsMean }) },
  });
}

/** Who is known is told of an alert that fires. */
function whatAlertsMean({ what, alert, rule }: AlertNews): readonly Effect[] {
  if (what !== "fired" || !rule) return [];
  const { id: alertId, title, value } = alert;
  const unit = operations.metrics[rule.metric as "cpu"].unit as string;
  const text = `${Math.round(value)}${unit === "percent" ? "%" : ` ${unit}`}`;
  return [effect(people, {}, "tellOfAlert", { alertId, rule: rule.name, title, value: text })];
}
