import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { severities } from "./dashboard-rules.ts";
import { person, storable } from "./room-fields.ts";

/** How many alerts that are over the state holds, the newest. */
const resolvedWindow = 50;

/** How many alerts may be pending or firing at once; what comes after them waits until there is room. */
export const maxOpenAlerts = 200;

/** How many may wait for room; what comes after them is not heard of. */
export const maxWaitingAlerts = 1_000;

export const maxNoteLength = 500;

/** How many entries a page of `history` may have, and how many it has when nobody says. */
export const alertHistoryLimits = { most: 100, usual: 50 } as const;

const note = z.string().check(z.trim(), z.maxLength(maxNoteLength), storable);
const acknowledgement = z.object({ by: person, at: z.number(), note: z.string() });

const ofSeries = {
  rule: z.string(),
  /** The key of the series' labels: `""` where there are none, else the JSON of an array of their values. */
  key: z.string(),
};

/** What stays the same of an alert. */
const about = z.object({
  id: z.string(),
  ...ofSeries,
  /** The values of the series' labels, by their names. */
  labels: z.record(z.string(), z.string()),
  title: z.string(),
  severity: z.enum(severities),
  /** Whom its rule is for. */
  notify: z.array(z.string()),
  /** When the threshold was crossed, in milliseconds since the epoch by the server's clock. */
  since: z.number(),
});

const alert = z.extend(about, {
  /** `pending` until it has lasted for as long as its rule says. */
  phase: z.enum(["pending", "firing", "resolved"]),
  /** Until when it is pending, if it does not get well before; afterwards without a meaning. */
  dueAt: z.number(),
  /** Whether its time is counted anew, since no server was there when it was over. */
  recounted: z.boolean(),
  firedAt: z.nullable(z.number()),
  resolvedAt: z.nullable(z.number()),
  /** As it was when it was last told: at the crossing, and at the end. */
  value: z.number(),
  acknowledged: z.nullable(acknowledgement),
});

/** What crossed its threshold when there was no room for one more alert. */
const waiting = z.object({ ...ofSeries, since: z.number(), dueAt: z.number(), value: z.number() });

const entry = z.object({
  /** Of the alert: one has an entry for each thing that happened to it, which its `offset` tells apart. */
  id: z.string(),
  /** Its place in the log of the alerts. */
  offset: z.int(),
  at: z.number(),
  what: z.enum(["fired", "resolved", "acknowledged"]),
  ...ofSeries,
  title: z.string(),
  severity: z.enum(severities),
  value: z.nullable(z.number()),
  by: z.nullable(person),
  note: z.nullable(z.string()),
});

/** One alert, as long as it is told of. A rule that is well has none. */
export type Alert = z.output<typeof alert>;

/** What stays the same of an alert: what it is about, and since when. */
export type AboutAlert = z.output<typeof about>;

/** One entry of the alerts' history. */
export type AlertEntry = z.output<typeof entry>;

const crossing = z.object({ ...ofSeries, over: z.boolean(), value: z.number(), at: z.int() });

/** That a series is beyond the threshold of a rule now, or well again. */
export type AlertCrossing = z.output<typeof crossing>;

/** The channel of a dashboard's alerts. */
export function alertsChannel<const Name extends string>(name: Name): Channel<DashboardAlertsTypes<Name>> {
  return alerts(name) as never;
}

/** That an alert changed its phase. */
const turn = { alert: about, at: z.number(), value: z.number() };

const news = z.object({ ...turn, what: z.enum(["fired", "resolved"]) });

function alerts(name: string) {
  return defineChannel(
    name as "alerts",
    {
      params: z.object({}),
      state: z.object({
        /** Those that are pending or firing, and the newest that are over; the newest first. */
        alerts: z.array(alert),
        waiting: z.array(waiting),
      }),
      events: {
        pended: z.object({ alert: about, value: z.number(), dueAt: z.number() }),
        recounted: z.object({ id: z.string(), dueAt: z.number() }),
        /** It is firing: one that was pending, or a new one. */
        fired: z.object(turn),
        resolved: z.object(turn),
        /** It was well again before it fired. */
        dismissed: z.object({ id: z.string() }),
        acknowledged: z.object({ alert: about, acknowledgement }),
        queued: waiting,
        unqueued: z.object(ofSeries),
        /** What the application makes of this has begun. */
        told: news,
        /** Who acknowledged these was erased. */
        forgotten: z.object({ ids: z.array(z.string()) }),
      },
      commands: {
        /** Tells what was crossed, in its order. What is known already changes nothing. */
        cross: { internal: true, input: z.object({ crossings: z.array(crossing) }) },
        fire: { internal: true, input: z.object({ id: z.string() }) },
        /** Ends what is open of rules that are no more. */
        tidy: { internal: true },
        tell: { internal: true, input: news },
        acknowledge: {
          input: z.object({ id: z.string(), note: z.optional(note) }),
          rejections: { NOT_FOUND: z.object({}), NOT_FIRING: z.object({}), ALREADY: z.object({ by: person }) },
        },
      },
      queries: {
        /** What fired, what was resolved and what was acknowledged, the newest first. `cursor` is the `nextCursor` of the page before. */
        history: {
          input: z.object({
            cursor: z.optional(z.int().check(z.minimum(1))),
            limit: z.optional(z.int().check(z.minimum(1), z.maximum(alertHistoryLimits.most))),
          }),
          output: z.object({ items: z.array(entry), nextCursor: z.nullable(z.int()) }),
        },
      },
    },
    {
      initial: () => ({ alerts: [], waiting: [] }),
      apply: {
        pended: (state, { alert, value, dueAt }) => opened(state, { ...toNew(alert, value), phase: "pending", dueAt }),
        recounted: (state, { id, dueAt }) => changed(state, id, (one) => ({ ...one, dueAt, recounted: true })),
        fired: (state, { alert, at, value }) =>
          state.alerts.some(({ id }) => id === alert.id)
            ? changed(state, alert.id, (one) => ({ ...one, phase: "firing", firedAt: at, value }))
            : opened(state, { ...toNew(alert, value), firedAt: at, dueAt: at }),
        resolved: (state, { alert, at, value }) =>
          changed(state, alert.id, (one) => ({ ...one, phase: "resolved", resolvedAt: at, value })),
        dismissed: (state, { id }) => ({ ...state, alerts: state.alerts.filter((one) => one.id !== id) }),
        acknowledged: (state, { alert, acknowledgement }) =>
          changed(state, alert.id, (one) => ({ ...one, acknowledged: acknowledgement })),
        queued: (state, one) => ({ ...state, waiting: [...state.waiting, one] }),
        unqueued: (state, series) => ({ ...state, waiting: without(state.waiting, series) }),
        told: (state) => state,
        forgotten: (state, { ids }) => ({ ...state, alerts: state.alerts.map((one) => forgetting(one, ids)) }),
      },
    },
  );
}

interface State {
  readonly alerts: Alert[];
  readonly waiting: z.output<typeof waiting>[];
}

interface OfSeries {
  readonly rule: string;
  readonly key: string;
}

function toNew(alert: AboutAlert, value: number): Alert {
  const unset = { recounted: false, firedAt: null, resolvedAt: null, acknowledged: null };
  return { ...alert, ...unset, phase: "firing", dueAt: 0, value };
}

function opened({ alerts, waiting }: State, alert: Alert): State {
  return { alerts: [alert, ...alerts], waiting: without(waiting, alert) };
}

function changed({ alerts, waiting }: State, id: string, change: (alert: Alert) => Alert): State {
  return { alerts: bounded(alerts.map((one) => (one.id === id ? change(one) : one))), waiting };
}

function without(waiting: State["waiting"], { rule, key }: OfSeries): State["waiting"] {
  return waiting.filter((one) => one.rule !== rule || one.key !== key);
}

/** What is open stays, and of what is over the newest. */
function bounded(alerts: readonly Alert[]): Alert[] {
  let over = 0;
  return alerts.filter(({ phase }) => {
    if (phase === "resolved") over += 1;
    return phase !== "resolved" || over <= resolvedWindow;
  });
}

function forgetting(alert: Alert, ids: readonly string[]): Alert {
  const { id, acknowledged } = alert;
  if (!acknowledged || !ids.includes(id)) return alert;
  return { ...alert, acknowledged: { ...acknowledged, by: { id: "", name: "" }, note: "" } };
}

interface AnyAlertsTypes extends TypesOf<ReturnType<typeof alerts>> {}

/** The types of the alerts of a dashboard. */
export interface DashboardAlertsTypes<Name extends string> extends Omit<AnyAlertsTypes, "name"> {
  name: Name;
}
