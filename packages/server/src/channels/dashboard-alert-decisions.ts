import { createHash } from "node:crypto";
import {
  type AboutAlert,
  type Alert,
  type AlertCrossing,
  type AnyDashboard,
  maxOpenAlerts,
  maxWaitingAlerts,
} from "@shoal/contract/dashboards";
import type { Emit } from "../channel/command-call.ts";
import type { NoPrivate } from "../channel/define-private.ts";
import { type AlertsTypes, labelsOf, ruleOf } from "./dashboard-alert-effects.ts";

type State = AlertsTypes["state"];
type Events = AlertsTypes["events"];
type Waiting = State["waiting"][number];

/** What alerts are decided with. */
interface Call {
  readonly state: State;
  readonly now: number;
  readonly commandId: string;
  readonly emit: Emit<Events, NoPrivate>;
}

/** An alert that was to fire longer ago than this was due while no server ran, in milliseconds. */
const lateMs = 5_000;

/**
 * For how long what is open of a rule that is not in the contract stays open, in milliseconds: while servers are replaced one by one, those
 * with the old contract meet alerts of rules that only the new one has.
 */
export const strayMs = 600_000;

/** The alerts while a command is decided: each of its steps on what the one before it left. Pure. */
export class AlertDecisions {
  readonly #dashboard: AnyDashboard;
  readonly #call: Call;
  #state: State;
  #opened = 0;

  constructor(dashboard: AnyDashboard, call: Call) {
    this.#dashboard = dashboard;
    this.#call = call;
    this.#state = call.state;
  }

  /** Ends what is open of rules that are no more. */
  tidy(): void {
    const { waiting, alerts } = this.#state;
    const isOld = ({ since }: { readonly since: number }) => since + strayMs <= this.#call.now;
    const stray = strayIn(this.#dashboard, { waiting, alerts }).filter(isOld);
    for (const series of waiting) if (stray.includes(series)) this.#emit("unqueued", bare(series));
    for (const alert of alerts) if (stray.includes(alert)) this.#end(alert, alert.value);
  }

  /** What is known already changes nothing, so that the same crossing may be told twice. */
  cross({ over, at, value, ...series }: AlertCrossing): void {
    const { now } = this.#call;
    const open = this.#state.alerts.find((alert) => isOpen(alert) && isSame(alert, series));
    const waits = this.#state.waiting.some((one) => isSame(one, series));
    if (!over) {
      if (open) this.#end(open, value);
      else if (waits) this.#emit("unqueued", bare(series));
      return;
    }
    const rule = this.#ruleOf(series);
    if (!rule || open || waits) return;
    const crossed = { ...bare(series), since: Math.min(at, now), dueAt: now + rule.forMs, value };
    if (this.#hasRoom()) this.#open(crossed);
    else if (this.#state.waiting.length < maxWaitingAlerts) this.#emit("queued", crossed);
  }

  /**
   * Fires a pending alert whose time is over. Nobody measured while no server ran, so what was due meanwhile is counted anew; but once,
   * so that a server which is always late still tells of it.
   */
  fire(id: string): void {
    const { now } = this.#call;
    const alert = this.#state.alerts.find((one) => one.id === id && one.phase === "pending");
    if (!alert || now < alert.dueAt) return;
    const { dueAt, since, recounted, value } = alert;
    if (now - dueAt > lateMs && !recounted) this.#emit("recounted", { id, dueAt: now + dueAt - since });
    else this.#emit("fired", { alert: aboutOf(alert), at: now, value });
  }

  #ruleOf(series: { readonly rule: string; readonly key: string }) {
    return ruleOf(this.#dashboard, series);
  }

  #hasRoom(): boolean {
    return this.#state.alerts.filter(isOpen).length < maxOpenAlerts;
  }

  #open({ dueAt, value, since, ...series }: Waiting): void {
    const { now, commandId } = this.#call;
    const rule = this.#ruleOf(series);
    if (!rule) return;
    const id = toId(`${commandId}:${now}:${this.#opened}`);
    this.#opened += 1;
    const { title, severity, notify } = rule;
    const labels = labelsOf(this.#dashboard, rule, series.key);
    const alert = { id, ...series, labels, title, severity, notify: [...notify], since };
    if (dueAt <= now) this.#emit("fired", { alert, at: now, value });
    else this.#emit("pended", { alert, value, dueAt });
  }

  /** Ends an alert, and lets in who waits. */
  #end(alert: Alert, value: number): void {
    const { id, phase } = alert;
    if (phase === "pending") this.#emit("dismissed", { id });
    else this.#emit("resolved", { alert: aboutOf(alert), at: this.#call.now, value });
    const next = this.#state.waiting.find((one) => this.#ruleOf(one));
    if (next && this.#hasRoom()) this.#open(next);
  }

  #emit<K extends keyof Events>(type: K, data: Events[K]): void {
    const apply = this.#dashboard.alerts.apply as { [E in K]: (state: State, data: Events[K]) => State };
    this.#call.emit(type, ...([data] as never));
    this.#state = apply[type](this.#state, data);
  }
}

/** What is open, or waits, of rules that the contract does not have. */
export function strayIn(dashboard: AnyDashboard, { alerts, waiting }: State): readonly (Alert | Waiting)[] {
  return [...alerts.filter(isOpen), ...waiting].filter((one) => !ruleOf(dashboard, one));
}

function isOpen({ phase }: Pick<Alert, "phase">): boolean {
  return phase !== "resolved";
}

interface OfSeries {
  readonly rule: string;
  readonly key: string;
}

function isSame(one: OfSeries, other: OfSeries): boolean {
  return one.rule === other.rule && one.key === other.key;
}

function bare({ rule, key }: OfSeries): OfSeries {
  return { rule, key };
}

export function aboutOf({ id, rule, key, labels, title, severity, notify, since }: Alert): AboutAlert {
  return { id, rule, key, labels, title, severity, notify, since };
}

/** The same for the same command, and another for any other one, also where a log begins anew. */
function toId(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
