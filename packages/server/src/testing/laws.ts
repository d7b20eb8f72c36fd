import { isDeepStrictEqual } from "node:util";
import type { Channel, ChannelTypes, TaggedEvent } from "@shoal/contract";
import * as fc from "fast-check";
import { conflateEvents } from "../channel/conflate.ts";
import { type AnyEvent, toDefinition } from "../channel/definition.ts";
import { frozen } from "../channel/frozen.ts";
import type { AnyServed, ServedChannel } from "../channel/serve-options.ts";

/** What the laws of a channel are tried with. */
export interface LawOptions<T extends ChannelTypes> {
  readonly params: T["params"];
  /** Any event that can happen. */
  readonly events: fc.Arbitrary<TaggedEvent<T["events"]>>;
  /**
   * How fast-check runs: `seed` and `path` to run a failure again, `numRuns`.
   * @default what fast-check has
   */
  readonly run?: fc.Parameters<[AnyEvent[]]>;
}

/**
 * The law of `apply`: it is pure. It gives the same state for the same events, and changes no state that it was given.
 *
 * @throws with the events that break it, and the seed
 */
export function checkApply<T extends ChannelTypes>(channel: Channel<T>, { params, events, run }: LawOptions<T>): void {
  const { initial } = channel;
  const apply = channel.apply as Apply;
  check(events, run, (history) => {
    const first = fold(apply, initial(params), history);
    const again = fold(apply, initial(params), history);
    return expectEqual("the state after the same events", again, first);
  });
}

/**
 * The law of views: cutting and applying may be exchanged. A subscriber of an audience who applies what it may see has what it may
 * see of the state.
 *
 * @throws with the events that break it, and the seed
 */
export function checkView<T extends ChannelTypes>(
  served: ServedChannel<T, never, never>,
  { params, events, run }: LawOptions<T>,
): void {
  const { view, audiences, apply, initial } = toDefinition(served as AnyServed);
  if (!view) throw new Error(`Channel "${served.channel.name}" has no view to check.`);
  check(events, run, (history) => {
    for (const audience of audiences) {
      const seen = history.flatMap((event) => view.event(event, audience) ?? []);
      const cut = fold(apply, frozen(view.state(initial(params), audience)), seen);
      const whole = view.state(fold(apply, initial(params), history), audience);
      expectEqual(`the state of the audience "${audience}"`, cut, whole);
    }
  });
}

/**
 * The law of conflation: what is left out makes no difference.
 *
 * @throws with the events that break it, and the seed
 */
export function checkConflation<T extends ChannelTypes>(
  served: ServedChannel<T, never, never>,
  { params, events, run }: LawOptions<T>,
): void {
  const { conflate, apply, initial } = toDefinition(served as AnyServed);
  if (!conflate) throw new Error(`Channel "${served.channel.name}" has no conflation to check.`);
  check(events, run, (history) => {
    const conflated = fold(apply, initial(params), conflateEvents(history, conflate));
    return expectEqual("the state after conflation", conflated, fold(apply, initial(params), history));
  });
}

type Apply = Readonly<Record<string, (state: unknown, data: unknown) => unknown>>;

function check(
  events: fc.Arbitrary<unknown>,
  run: fc.Parameters<[AnyEvent[]]> | undefined,
  law: (history: AnyEvent[]) => void,
): void {
  fc.assert(fc.property(fc.array(events as fc.Arbitrary<AnyEvent>), law), { includeErrorInReport: true, ...run });
}

function fold(apply: Apply, initial: unknown, events: readonly AnyEvent[]): unknown {
  return events.reduce<unknown>((state, { type, data }) => frozen(apply[type]?.(state, data)), frozen(initial));
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`Unequal: ${what} is ${JSON.stringify(actual)}, and should be ${JSON.stringify(expected)}.`);
}
