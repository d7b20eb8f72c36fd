import { type ChannelTypes, parse } from "@shoal/contract";
import * as fc from "fast-check";
import { type AnyEvent, type Definition, toDefinition } from "../channel/definition.ts";
import { freeze } from "../channel/frozen.ts";
import type { AnyServed, ServedChannel } from "../channel/serve-options.ts";
import { namedTimers } from "../channel/timers.ts";
import { insistOnSame, type Law, stored, toReport, tried } from "./law-report.ts";
import type { LawOptions } from "./laws.ts";

/** What the law of compaction is tried with. */
export interface CompactionLawOptions<T extends ChannelTypes> extends LawOptions<T> {
  /** Whether two states are the same to whoever reads them. */
  readonly equal: (one: T["state"], other: T["state"]) => boolean;
}

const law: Law = {
  name: "compaction",
  advice:
    "A compacted state is the same state in other words: whoever reads it finds the same, before and after any event, and `apply`, `view` and `timers` do the same with it. Compact what `equal` does not look at, and nothing else.",
};

/**
 * The law of compaction: what `compact` makes is a state of the channel that is equal to the one it was given, stays equal with every event
 * and to every audience, and names the same timers. It changes nothing that it was given, and compacts what it made as well.
 *
 * @returns when it was tried
 * @throws with the fewest events that break it, the two states that differ, and the seed
 */
export async function checkCompaction<T extends ChannelTypes>(
  served: ServedChannel<T, never, never>,
  { params, events, equal, run }: CompactionLawOptions<T>,
): Promise<void> {
  const definition = toDefinition(served as AnyServed);
  if (!definition.compact) throw new Error(`Channel "${definition.name}" has no compaction to check.`);
  const trial = new Trial(definition, params, equal as (one: unknown, other: unknown) => boolean);
  const property = fc.asyncProperty(fc.array(events as fc.Arbitrary<AnyEvent>), async (history) => {
    const past = freeze(structuredClone(history));
    await trial.everyTime(past);
    await trial.once(past, Math.floor(past.length / 2));
  });
  const details = await fc.check(property, run);
  if (details.failed) throw toReport(law, definition.name, details);
}

class Trial {
  readonly #definition: Definition;
  readonly #params: object;
  readonly #equal: (one: unknown, other: unknown) => boolean;

  constructor(definition: Definition, params: object, equal: (one: unknown, other: unknown) => boolean) {
    this.#definition = definition;
    this.#params = params;
    this.#equal = equal;
  }

  /** A state that is compacted after each event. */
  async everyTime(history: readonly AnyEvent[]): Promise<void> {
    let state = this.#initial();
    let compacted = await this.#compact(state);
    this.#expectSame("before the first event", state, compacted);
    for (const [index, event] of history.entries()) {
      state = this.#step(state, event);
      compacted = await this.#compact(this.#step(compacted, event));
      this.#expectSame(`after event ${index + 1}, compacted after each,`, state, compacted);
    }
  }

  /** A state that is compacted after some of the events, and then goes on. */
  async once(history: readonly AnyEvent[], after: number): Promise<void> {
    let state = history.slice(0, after).reduce((before, event) => this.#step(before, event), this.#initial());
    let compacted = await this.#compact(state);
    for (const [index, event] of history.entries()) {
      if (index < after) continue;
      state = this.#step(state, event);
      compacted = this.#step(compacted, event);
      this.#expectSame(`after event ${index + 1}, compacted after event ${after},`, state, compacted);
    }
  }

  #initial(): unknown {
    return freeze(this.#definition.initial(this.#params));
  }

  #step(state: unknown, { type, data }: AnyEvent): unknown {
    return freeze(tried(`apply.${type}`, () => this.#definition.apply[type]?.(state, data)));
  }

  /** As it is after it was stored. */
  async #compact(state: unknown): Promise<unknown> {
    const { compact, name, state: schema } = this.#definition;
    const { signal } = new AbortController();
    try {
      const compacted = parse(schema, await compact?.(state, { signal }), `compacted state of "${name}"`);
      return freeze(stored(compacted));
    } catch (cause) {
      return tried("compact", () => {
        throw cause;
      });
    }
  }

  #expectSame(when: string, state: unknown, compacted: unknown): void {
    const { view, audiences } = this.#definition;
    this.#expectEqual(`${when} the state`, state, compacted);
    for (const audience of view ? audiences : []) {
      const cut = (whole: unknown): unknown => tried("view.state", () => view?.state(whole, audience));
      this.#expectEqual(`${when} what the audience "${audience}" sees of the state`, cut(state), cut(compacted));
    }
    const timers = (of: unknown): unknown => tried("timers", () => namedTimers(this.#definition, of, this.#params));
    insistOnSame(`${when} what is due`, { "was so": timers(state), "is, compacted,": timers(compacted) });
  }

  #expectEqual(what: string, state: unknown, compacted: unknown): void {
    if (tried("equal", () => this.#equal(state, compacted))) return;
    const lines = [what, `  was so         ${JSON.stringify(state)}`, `  is, compacted  ${JSON.stringify(compacted)}`];
    throw new Error(`${lines.join("\n")}\nThe two are not equal.`);
  }
}
