import type { Channel, ChannelTypes, TaggedEvent } from "@shoal/contract";
import * as fc from "fast-check";
import { type Conflation, conflateEvents } from "../channel/conflate.ts";
import { type AnyEvent, type Definition, toDefinition } from "../channel/definition.ts";
import { freeze } from "../channel/frozen.ts";
import type { AnyServed, ServedChannel } from "../channel/serve-options.ts";
import { atAnotherTime } from "./another-time.ts";
import { insistOnSame, type Law, stored, toReport, tried } from "./law-report.ts";

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

const applyLaw: Law = {
  name: "apply",
  advice:
    "`apply` returns a new state and looks at nothing but the state and the data that it is given: no clock, no randomness, nothing that it keeps elsewhere.",
};

const viewLaw: Law = {
  name: "views",
  advice:
    "What an audience sees of a state may only change by an event that the audience sees, and by what it sees of it. Hide in `state` what `event` hides, and nothing else.",
};

const conflationLaw: Law = {
  name: "conflation",
  advice:
    "Of the events with one key only the last is sent, so each must say all that those before it did: set a value instead of adding to it, count nothing beside it, tell the events apart by a finer key, or have `merge` make one event of two that does what both did. `null` keeps an event.",
};

/**
 * The law of `apply`: it is pure. It gives the same state for the same events, at any time and from a state that was stored in between,
 * and changes nothing that it was given.
 *
 * @throws with the fewest events that break it, the two states that differ, and the seed
 */
export function checkApply<T extends ChannelTypes>(channel: Channel<T>, options: LawOptions<T>): void {
  const initial = () => freeze(channel.initial(options.params));
  const step = stepOf(channel.apply as Definition["apply"]);
  check(applyLaw, channel.name, options, (history) => {
    let state: unknown = initial();
    let again = atAnotherTime(() => freeze(stored(initial())));
    insistOnSame("before the first event the state", { "was first": state, "was then": again });
    for (const [index, event] of history.entries()) {
      state = step(state, event);
      const before = again;
      again = atAnotherTime(() => freeze(stored(step(before, event))));
      insistOnSame(`after event ${index + 1} the state`, {
        "was first": state,
        "was then": again,
      });
    }
  });
}

/**
 * The law of views: cutting and applying may be exchanged. A subscriber of an audience who applies what it may see has what it may
 * see of the state. A view is pure: whom it cuts for first makes no difference.
 *
 * @throws with the fewest events that break it, the two states that differ, and the seed
 */
export function checkView<T extends ChannelTypes>(
  served: ServedChannel<T, never, never>,
  options: LawOptions<T>,
): void {
  const { view, audiences, apply, initial, name } = toDefinition(served as AnyServed);
  if (!view) throw new Error(`Channel "${name}" has no view to check.`);
  const step = stepOf(apply);
  const cutState = (state: unknown, audience: string) => freeze(tried("view.state", () => view.state(state, audience)));
  const cutEvent = (event: AnyEvent, audience: string) =>
    freeze(tried("view.event", () => view.event(event, audience)));
  check(viewLaw, name, options, (history) => {
    let state = freeze(initial(options.params));
    for (const [index, event] of history.entries()) {
      const next = step(state, event);
      const where = `after event ${index + 1}`;
      for (const audience of audiences) {
        const seen = cutEvent(event, audience);
        const before = cutState(state, audience);
        insistOnSame(`${where} the audience "${audience}"`, {
          "has by its events": seen ? step(before, seen) : before,
          "sees of the state": cutState(next, audience),
        });
      }
      insistOnSame(`${where} what the audiences see, when they are asked in another order,`, {
        "was first": audiences.map((audience) => [cutEvent(event, audience), cutState(next, audience)]),
        "was then": atAnotherTime(() =>
          audiences.toReversed().map((audience) => [cutEvent(event, audience), cutState(next, audience)]),
        ).reverse(),
      });
      state = next;
    }
  });
}

/**
 * The law of conflation: what is left out or merged makes no difference, wherever a frame begins and however often it is merged with the
 * next one, for the server and for each audience.
 *
 * @throws with the fewest events that break it, the two states that differ, and the seed
 */
export function checkConflation<T extends ChannelTypes>(
  served: ServedChannel<T, never, never>,
  options: LawOptions<T>,
): void {
  const { conflation: given, apply, initial, name, view, audiences } = toDefinition(served as AnyServed);
  if (!given) throw new Error(`Channel "${name}" has no conflation to check.`);
  const step = stepOf(apply);
  const { keyOf, merge, events } = given;
  const conflation: Conflation = {
    keyOf: (event) => tried("conflate", () => keyOf(event)),
    merge: merge && ((earlier, later) => freeze(tried("merge", () => merge(earlier, later)))),
    events,
  };
  const cuts = view
    ? audiences.map((audience) => ({
        who: `the audience "${audience}"`,
        cutState: (state: unknown) => view.state(state, audience),
        cutEvent: (event: AnyEvent) => view.event(event, audience),
      }))
    : [{ who: "a subscriber", cutState: (state: unknown) => state, cutEvent: (event: AnyEvent) => event }];
  check(conflationLaw, name, options, (history) => {
    for (const { who, cutState, cutEvent } of cuts) {
      const seen = history.map((event) => freeze(cutEvent(event)));
      let state = freeze(cutState(freeze(initial(options.params))));
      for (const [index, event] of seen.entries()) {
        const rest = seen.slice(index).flatMap((later) => later ?? []);
        insistOnSame(`${who}, when events ${index + 1} to ${seen.length} are sent together,`, {
          "has with what is sent": conflateEvents(rest, conflation).reduce(step, state),
          "has with all of them": rest.reduce(step, state),
        });
        for (const middle of merge ? rest.keys() : []) {
          const frames = [rest.slice(0, middle), rest.slice(middle)].map((part) => conflateEvents(part, conflation));
          insistOnSame(`${who}, when events ${index + 1} to ${seen.length} wait in two frames and are sent as one,`, {
            "has with what is sent": conflateEvents(frames.flat(), conflation).reduce(step, state),
            "has with all of them": rest.reduce(step, state),
          });
        }
        if (event) state = step(state, event);
      }
    }
  });
}

function stepOf(apply: Definition["apply"]): (state: unknown, event: AnyEvent) => unknown {
  return (state, { type, data }) => freeze(tried(`apply.${type}`, () => apply[type]?.(state, data)));
}

/** Tries a law with many histories, and throws what a user can mend it by. */
function check<T extends ChannelTypes>(
  law: Law,
  channel: string,
  { events, run }: LawOptions<T>,
  hold: (history: readonly AnyEvent[]) => void,
): void {
  const property = fc.property(fc.array(events as fc.Arbitrary<AnyEvent>), (history) => {
    hold(freeze(structuredClone(history)));
  });
  const details = fc.check(property, run);
  if (details.failed) throw toReport(law, channel, details);
}
