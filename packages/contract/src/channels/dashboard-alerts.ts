import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { severities } from "./dashboard-rules.ts";
import { person, storable } from "./room-fields.ts";

/** How many alerts that are over the state holds, the newest. */
const resolvedWindow = 50;

/** How many alerts may be pending or firing at once; what comes after them is told when there is room. */
export const maxOpenAlerts = 200;

export const maxNoteLength = 500;

/** How many entries a page of `history` may have, and how many it has when nobody says. */
export const alertHistoryLimits = { most: 100, usual: 50 } as const;

const note = z.string().check(z.trim(), z.maxLength(maxNoteLength), storable);
const acknowledgement = z.object({ by: person, at: z.number(), note: z.string() });

const alert = z.object({
  id: z.string(),
  rule: z.string(),
  /** The key of the series' labels: `""` where there are none, else the JSON of an array of their values. */
  key: z.string(),
  title: z.string(),
  severity: z.enum(severities),
  /** `pending` until it has lasted for as long as its rule says. */
  phase: z.enum(["pending", "firing", "resolved"]),
  /** When the threshold was crossed, in milliseconds since the epoch by the server's clock. */
  since: z.number(),
  firedAt: z.nullable(z.number()),
  resolvedAt: z.nullable(z.number()),
  /** As it was when the phase began. */
  value: z.number(),
  acknowledged: z.nullable(acknowledgement),
});

const entry = z.object({
  id: z.string(),
  /** Its place in the log of the alerts. */
  offset: z.int(),
  at: z.number(),
  what: z.enum(["fired", "resolved", "acknowledged"]),
  rule: z.string(),
  key: z.string(),
  title: z.string(),
  severity: z.enum(severities),
  value: z.nullable(z.number()),
  by: z.nullable(person),
  note: z.nullable(z.string()),
});

/** One alert, as long as it is told of. A rule that is well has none. */
export type Alert = z.output<typeof alert>;

/** One entry of the alerts' history. */
export type AlertEntry = z.output<typeof entry>;

const crossing = z.object({ rule: z.string(), key: z.string(), over: z.boolean(), value: z.number(), at: z.number() });

/** The channel of a dashboard's alerts. */
export function alertsChannel<const Name extends string>(name: Name): Channel<DashboardAlertsTypes<Name>> {
  return alerts(name) as never;
}

function alerts(name: string) {
  return defineChannel(
    name as "alerts",
    {
      params: z.object({}),
      /** Those that are pending or firing, and the newest that are over; the newest first. */
      state: z.object({ alerts: z.array(alert) }),
      events: {
        pended: z.object({ alert }),
        fired: z.object({ id: z.string(), at: z.number(), value: z.number() }),
        resolved: z.object({ id: z.string(), at: z.number(), value: z.number() }),
        /** It was well again before it fired. */
        dismissed: z.object({ id: z.string() }),
        acknowledged: z.object({ id: z.string(), acknowledgement }),
        /** A user was erased, and nothing names them any more. */
        forgotten: z.object({ userId: z.string() }),
      },
      commands: {
        cross: { internal: true, input: z.object({ crossings: z.array(crossing) }) },
        fire: { internal: true, input: z.object({ id: z.string() }) },
        acknowledge: {
          input: z.object({ id: z.string(), note: z.optional(note) }),
          rejections: { NOT_FOUND: z.object({}), NOT_FIRING: z.object({}), ALREADY: z.object({ by: person }) },
        },
      },
      queries: {
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
      initial: () => ({ alerts: [] }),
      apply: {
        pended: (state, { alert }) => ({ alerts: bounded([alert, ...state.alerts]) }),
        fired: (state, { id, at, value }) =>
          changed(state, id, (one) => ({ ...one, phase: "firing", firedAt: at, value })),
        resolved: (state, { id, at, value }) =>
          changed(state, id, (one) => ({ ...one, phase: "resolved", resolvedAt: at, value })),
        dismissed: (state, { id }) => ({ alerts: state.alerts.filter((one) => one.id !== id) }),
        acknowledged: (state, { id, acknowledgement }) =>
          changed(state, id, (one) => ({ ...one, acknowledged: acknowledgement })),
        forgotten: ({ alerts }, { userId }) => ({
          alerts: alerts.map((one) =>
            one.acknowledged?.by.id === userId
              ? { ...one, acknowledged: { ...one.acknowledged, by: { id: "", name: "" }, note: "" } }
              : one,
          ),
        }),
      },
    },
  );
}

interface State {
  readonly alerts: Alert[];
}

function changed({ alerts }: State, id: string, change: (alert: Alert) => Alert): { alerts: Alert[] } {
  return { alerts: bounded(alerts.map((one) => (one.id === id ? change(one) : one))) };
}

/** What is open stays, and of what is over the newest. */
function bounded(alerts: readonly Alert[]): Alert[] {
  let over = 0;
  return alerts.filter(({ phase }) => {
    if (phase === "resolved") over += 1;
    return phase !== "resolved" || over <= resolvedWindow;
  });
}

interface AnyAlertsTypes extends TypesOf<ReturnType<typeof alerts>> {}

/** The types of the alerts of a dashboard. */
export interface DashboardAlertsTypes<Name extends string> extends Omit<AnyAlertsTypes, "name"> {
  name: Name;
}
