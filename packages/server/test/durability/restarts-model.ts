import assert from "node:assert/strict";
import { type Counter, counter } from "../support/counter.ts";

type State = Counter["state"];

export interface Sent {
  readonly user: string;
  readonly commandId: string;
  readonly by: number;
  readonly times: number;
}

/** What came of a command: an outcome, or the code of an error. */
export type Came =
  | { readonly ok: true; readonly offset: number; readonly result: { readonly sum: number } }
  | { readonly ok: false; readonly reason: string; readonly limit: number }
  | string;

/** What must come of commands that are sent one after the other: it knows nothing of stores, groups and restarts. */
export class Model {
  readonly log: { readonly by: number; readonly user: string; readonly commandId: string }[] = [];
  readonly #first = new Map<string, { readonly sent: Sent; readonly came: Came }>();

  /** What comes of a command that is sent now. */
  expect(sent: Sent): Came {
    const key = `${sent.user} ${sent.commandId}`;
    const first = this.#first.get(key);
    if (first) return first.sent.by === sent.by && first.sent.times === sent.times ? first.came : "CONFLICT";
    const came = this.#run(sent);
    this.#first.set(key, { sent, came });
    return came;
  }

  /** The state at each offset. */
  states(): readonly State[] {
    const states = [counter.initial({ counterId: "" })];
    for (const { by } of this.log) states.push(counter.apply.added(states.at(-1) ?? assert.fail(), { by }));
    return states;
  }

  #run({ user, commandId, by, times }: Sent): Came {
    if (by > 1_000) return { ok: false, reason: "TOO_LARGE", limit: 1_000 };
    for (let count = 0; count < times; count += 1) this.log.push({ by, user, commandId });
    return { ok: true, offset: this.log.length, result: { sum: this.log.reduce((sum, event) => sum + event.by, 0) } };
  }
}
