import type { Duration } from "../duration.ts";
import type { AnyMetric, SeriesName } from "./dashboard-kinds.ts";

/** How serious an alert is. */
export const severities = ["info", "warning", "critical"] as const;
export type Severity = (typeof severities)[number];

/** What of a metric a rule looks at: of a gauge its value, of a counter its growth a second, of a histogram a quantile of its values. */
type AspectOf<X> = X extends { readonly kind: "histogram" }
  ? { readonly quantile?: number; readonly over?: Duration }
  : X extends { readonly kind: "counter" }
    ? { readonly over?: Duration }
    : {};

interface RuleOptions {
  /** What is wrong, in a few words, for people. */
  readonly title: string;
  /** It is firing once it has been beyond its threshold for so long without a break. @default 0 */
  readonly for?: Duration;
  /**
   * Where it is well again: at or below it for `above`, at or above it for `below`. Between the two thresholds nothing changes.
   * @default the threshold
   */
  readonly clear?: number;
  /** @default "warning" */
  readonly severity?: Severity;
  /**
   * Whom it is for: users, teams, whatever your server makes notifications of. It is in the contract, so that browsers have it too.
   * @default nobody in particular
   */
  readonly notify?: readonly string[];
}

type Threshold =
  | { readonly above: number; readonly below?: never }
  | { readonly below: number; readonly above?: never };

/**
 * When somebody is to be told. A rule on a metric with labels holds for each series by itself.
 *
 * `over` (1 minute by default) is the time whose growth or values count for a counter or a histogram; `quantile` (0.95 by default) is which
 * quantile of a histogram's values.
 */
export type AlertRule<M> = {
  [N in SeriesName<M>]: RuleOptions & Threshold & { readonly metric: N } & AspectOf<M[N]>;
}[SeriesName<M>];

/** A rule as it stands at run time, with its defaults. */
export interface KnownRule {
  readonly name: string;
  readonly metric: string;
  readonly kind: AnyMetric["kind"];
  readonly title: string;
  readonly severity: Severity;
  readonly notify: readonly string[];
  readonly above: boolean;
  readonly threshold: number;
  readonly clear: number;
  readonly forMs: number;
  readonly overMs: number;
  readonly quantile: number;
}

/** Whether a series is beyond the threshold with this value: between the threshold and where it is well again, it is as it was. */
export function isBeyond(rule: Pick<KnownRule, "above" | "threshold" | "clear">, value: number, was: boolean): boolean {
  const sign = rule.above ? 1 : -1;
  if (sign * value > sign * rule.threshold) return true;
  return was && sign * value > sign * rule.clear;
}
