import { type Json, parse, ShoalError } from "@shoal/contract";
import type { AnyDashboard, AnyMetric, AnyNumbers, Histogram, Metrics } from "@shoal/contract/dashboards";
import { isA } from "../channel/is-a.ts";
import { redact } from "../observe/redact.ts";
import { histogramSample, keyOf, type Sample } from "./dashboard-samples.ts";

/** Longer values of labels are cut: they are kept for as long as the window, and sent to all. */
const maxLabelLength = 128;

const maxReasonLength = 200;

/** So long, as JSON, may what is kept of an event list or a row of a table be: it is kept and sent to all, whoever it comes from. */
const maxDataLength = 65_536;

/** What is asked of a dashboard's metrics when something is measured. Each question throws `BAD_REQUEST` where the answer is that it is misused. */
export class Readings {
  readonly #name: string;
  readonly #metrics: Metrics;

  constructor({ name, metrics }: AnyDashboard) {
    this.#name = name;
    this.#metrics = metrics as Metrics;
  }

  /** A metric of one of these kinds. */
  metric<K extends AnyMetric["kind"]>(name: string, ...kinds: readonly K[]): Extract<AnyMetric, { readonly kind: K }> {
    const metric = Object.hasOwn(this.#metrics, name) ? this.#metrics[name] : undefined;
    if (!metric) throw this.#refuse(name, "is not declared. Add it to defineDashboard.");
    if ((kinds as readonly string[]).includes(metric.kind)) return metric as never;
    throw this.#refuse(name, `is a ${metric.kind}, and not a ${kinds.join(" or ")}.`);
  }

  /** The key of a series. */
  key(name: string, { labels }: AnyNumbers, given: unknown): string {
    const values = (given ?? {}) as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(values).find((label) => !labels.includes(label));
    if (unknown !== undefined) throw this.#refuse(name, `has no label "${unknown}".`);
    return keyOf(
      labels.map((label: string) => {
        const value = values[label];
        if (typeof value === "string")
          return value.length > maxLabelLength ? `${value.slice(0, maxLabelLength)}…` : value;
        throw this.#refuse(name, `needs a text for its label "${label}".`);
      }),
    );
  }

  number(name: string, value: unknown): number {
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw this.#refuse(name, `takes a finite number, and not ${shown(value)}.`);
  }

  /** A number that something may grow by. */
  growth(name: string, value: unknown): number {
    const by = this.number(name, value);
    if (by >= 0) return by;
    throw this.#refuse(name, `only grows: ${by} is below 0.`);
  }

  /** Data of an event list or a row of a table, as the schema makes it. */
  data(name: string, metric: Extract<AnyMetric, { kind: "eventList" | "table" }>, data: unknown): Json {
    const schema = metric.kind === "eventList" ? metric.data : metric.row;
    const parsed = parse(schema, data, `data of "${name}" of dashboard "${this.#name}"`);
    // What it holds now is kept, whatever the caller does with it afterwards; and what is no JSON is known here.
    const text = JSON.stringify(parsed);
    if (text === undefined) throw this.#refuse(name, "takes what is plain JSON.");
    if (text.length > maxDataLength)
      throw this.#refuse(name, `takes ${maxDataLength} characters of JSON at most, and not ${text.length}. Cut it.`);
    return JSON.parse(text) as Json;
  }

  /** What is given as a list. */
  list(name: string, given: unknown): readonly unknown[] {
    if (Array.isArray(given)) return given;
    throw this.#refuse(name, `takes a list here, and not ${shown(given)}.`);
  }

  /** What was observed of a histogram: values, or how many fell into each bucket. */
  observed(name: string, { bounds }: Histogram, given: unknown): Sample {
    const part = (Array.isArray(given) ? { values: given } : (given ?? {})) as Readonly<Record<string, unknown>>;
    if (part.counts === undefined) {
      const values = this.list(name, part.values).map((value) => this.number(name, value));
      return histogramSample(bounds, values);
    }
    const counts = this.list(name, part.counts).map((count) => this.growth(name, count));
    if (counts.length === bounds.length + 1) return [this.number(name, part.sum), ...counts];
    throw this.#refuse(name, `has ${bounds.length + 1} buckets, and not ${counts.length}.`);
  }

  /** A reading by its series: what has labels is read as a list. */
  bySeries(name: string, metric: AnyNumbers, reading: unknown): readonly (readonly [key: string, part: unknown])[] {
    if (metric.labels.length === 0) return [["", reading]];
    return this.list(name, reading).map((part) => {
      const { labels, value = part } = (part ?? {}) as { readonly labels?: unknown; readonly value?: unknown };
      return [this.key(name, metric, labels), value] as const;
    });
  }

  #refuse(name: string, why: string): ShoalError {
    return new ShoalError("BAD_REQUEST", `Dashboard "${this.#name}": the metric "${name}" ${why}`);
  }
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : value === null ? "null" : `a ${typeof value}`;
}

/** Why something failed, for who watches: short, and without secrets. It does not throw, whatever was thrown. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error);
  const text = redact(message || "It failed and did not say why.");
  return text.length > maxReasonLength ? `${text.slice(0, maxReasonLength - 1)}…` : text;
}

function messageOf(error: unknown): string {
  try {
    return isA(error, Error) ? String(error.message) : typeof error === "string" ? error : "";
  } catch {
    return "";
  }
}
