import type { Command } from "./decide.ts";
import { Deciding, type Loaded } from "./deciding.ts";
import type { TopicState } from "./fold.ts";
import type { Answer, DecideTopicOptions, PendingCommand, TopicDecisions } from "./topic-decisions.ts";
import type { Unreadable } from "./unreadable.ts";

/** Reads what a command decides on beside the state: the channel's own tables, in the transaction. */
export type Loader = (call: {
  readonly command: Command;
  readonly state: TopicState;
  readonly now: number;
}) => Promise<unknown> | undefined;

/**
 * Fires what is due on a topic, then decides its waiting commands, one after the other, each on the state that the one
 * before it left. A command that throws fails alone. Pure but for the handlers.
 *
 * @throws {Unreadable} when the topic, or a timer of it, is of a newer version or cannot be lifted: then nothing is decided on it
 */
export function decideTopic(options: DecideTopicOptions, commands: readonly PendingCommand[]): TopicDecisions {
  const deciding = new Deciding(options);
  for (let timer = deciding.due(); timer; timer = deciding.due()) deciding.fire(timer, undefined);
  const answers = commands.map((pending) => deciding.answer(pending, undefined));
  return deciding.finish(answers);
}

/**
 * As {@link decideTopic} in all, for a channel whose commands load. What is loaded must hold what the events before it are projected to,
 * which is written last: so a load after an event of the same transaction is left to the next one.
 */
export async function loadAndDecideTopic(
  options: DecideTopicOptions,
  commands: readonly PendingCommand[],
  load: Loader,
): Promise<TopicDecisions> {
  const deciding = new Deciding(options);
  const answers: Answer[] = [];
  for (let timer = deciding.due(); timer; timer = deciding.due()) {
    const command = deciding.commandOf(timer);
    if (deciding.mustCommitBefore(command)) return deciding.finish([], true);
    deciding.fire(timer, await attempt(load({ ...deciding.seen, command })));
  }
  for (const pending of commands) {
    if (deciding.mustCommitBefore(pending.command)) return deciding.finish([], true);
    answers.push(deciding.answer(pending, await attempt(load({ ...deciding.seen, command: pending.command }))));
  }
  return deciding.finish(answers);
}

/** What becomes of a topic that cannot be read: nothing, and all who wait hear why. */
export function decideNothing({ base }: DecideTopicOptions, commands: readonly PendingCommand[], error: Unreadable) {
  const nothing = { reloaded: undefined, news: [], told: [], write: undefined, effects: [], change: undefined };
  return {
    ...nothing,
    epoch: base.epoch,
    answers: commands.map(() => ({ error })),
    unfinished: undefined,
  } satisfies TopicDecisions;
}

async function attempt(loading: Promise<unknown> | undefined): Promise<Loaded> {
  try {
    return loading && { value: await loading };
  } catch (error) {
    return { error };
  }
}
