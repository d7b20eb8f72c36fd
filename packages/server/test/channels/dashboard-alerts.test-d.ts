import { defineDashboard, gauge, type KnownRule } from "@shoal/contract/dashboards";
import { initRealtime, type User } from "@shoal/server";
import { type AlertNews, serveDashboard } from "@shoal/server/dashboards";
import { initTRPC } from "@trpc/server";
import { expectTypeOf } from "vitest";

const ops = defineDashboard(
  "ops",
  { cpu: gauge({ labels: ["node"] }) },
  {
    alerts: {
      hot: { metric: "cpu", above: 90, title: "Hot", notify: ["ann"] },
      cold: { metric: "cpu", below: 1, title: "Cold" },
    },
  },
);
const t = initTRPC.context<{ user: User | null }>().create();
const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
const { router } = createRealtime({
  channels: serveDashboard(ops, {
    alerts: {
      authorize({ action, state }) {
        expectTypeOf(action).toEqualTypeOf<"watch" | "acknowledge">();
        return state.alerts.length > 0;
      },
      effects(news) {
        expectTypeOf(news).toEqualTypeOf<AlertNews<"hot" | "cold">>();
        expectTypeOf(news.rule?.name).toEqualTypeOf<"hot" | "cold" | undefined>();
        expectTypeOf(news.rule).toExtend<KnownRule | null>();
        return [];
      },
    },
  }),
});

// The alerts are in the router under the dashboard's name, and what only the server may send is not.
const { opsAlerts } = t.router({ realtime: router }).createCaller({ user: null }).realtime;
expectTypeOf<keyof typeof opsAlerts>().toEqualTypeOf<"watch" | "acknowledge" | "history">();
const outcome = await opsAlerts.acknowledge({ id: "a", note: "seen" });
if (!outcome.ok) expectTypeOf(outcome.reason).toEqualTypeOf<"NOT_FOUND" | "NOT_FIRING" | "ALREADY">();
// @ts-expect-error: an alert is acknowledged, not all of them
await opsAlerts.acknowledge({});
// @ts-expect-error: crossings are told by the dashboard alone
opsAlerts.cross;
