import type { KnownRule } from "@shoal/contract/dashboards";

interface ModelAlert {
  readonly since: number;
  dueAt: number;
  recounted: boolean;
  fired: boolean;
}

/** A series under a rule, as somebody would watch it who writes down what happens. */
export class ModelSeries {
  readonly rule: KnownRule;
  readonly key: string;
  alert: ModelAlert | undefined;
  fired = 0;
  resolved = 0;
  #over = false;

  constructor(rule: KnownRule, key: string) {
    this.rule = rule;
    this.key = key;
  }

  /** Whoever was away for more than five seconds at the end of its time begins to count again, but once. */
  look(now: number): void {
    const { alert } = this;
    if (!alert || alert.fired || now < alert.dueAt) return;
    if (now > alert.dueAt + 5_000 && !alert.recounted) {
      alert.dueAt = now + this.rule.forMs;
      alert.recounted = true;
    } else {
      alert.fired = true;
      this.fired += 1;
    }
  }

  cross(over: boolean, now: number): void {
    this.look(now);
    if (over && !this.alert) {
      this.alert = { since: now, dueAt: now + this.rule.forMs, recounted: false, fired: false };
      this.look(now);
    }
    if (over || !this.alert) return;
    if (this.alert.fired) this.resolved += 1;
    this.alert = undefined;
  }

  read(value: number, now: number): void {
    const { above, threshold, clear } = this.rule;
    const [beyond, well] = above ? [value > threshold, value <= clear] : [value < threshold, value >= clear];
    if (beyond) this.#over = true;
    else if (well) this.#over = false;
    this.cross(this.#over, now);
  }

  /** The dashboard begins anew. */
  forget(): void {
    this.#over = false;
  }

  get open() {
    if (!this.alert) return [];
    const { since, dueAt, fired } = this.alert;
    const at = fired ? {} : { dueAt };
    return [{ rule: this.rule.name, key: this.key, phase: fired ? "firing" : "pending", since, ...at }];
  }
}
