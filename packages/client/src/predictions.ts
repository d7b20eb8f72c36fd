import type { AnyFrame } from "@shoal/contract";
import type { ClientUser } from "./client-options.ts";
import type { LooseChannel } from "./loose.ts";
import { sameItems } from "./same.ts";
import { userKey } from "./user-key.ts";

/**
 * The commands of one topic whose effect the replica does not show yet, and what of them is shown over it.
 *
 * - A command is shown from when it is given, over whatever the replica shows by then, after those given before it.
 * - It ends with the event that has its commandId, when the replica reaches the offset of its answer, and when it is rejected
 *   or fails: whichever comes first.
 * - A snapshot does not say which commands are in it. One of which the server cannot know yet is not; one that was answered is when
 *   the snapshot has reached the answer's offset. In between, when the server may have it and has not answered, the snapshot may
 *   hold it if it is further than the replica was when the command was first sent. Such a command is shown no more, so that
 *   nobody sees it twice, and ends with its answer: its event is on its way then, or in the snapshot.
 * - Offsets of another generation (the reasons `epoch` and `ahead`) say nothing about those of the one before. What was answered in
 *   that one is in the snapshot or is gone.
 */
export type Predictions = readonly Prediction[];

/** A command as it was given. */
export interface SentCommand {
  readonly commandId: string;
  readonly command: string;
  readonly input: object;
  readonly user: ClientUser | null;
  /** When it was given, in milliseconds by the server's clock as far as that is known. */
  readonly now: number;
}

/** A command whose effect the replica does not show yet. */
interface Prediction {
  readonly sent: SentCommand;
  /** Where the replica was when the server may first have got the command; undefined until then. */
  readonly after: number | undefined;
  /** The offset at which the replica shows its effect; undefined until the server has answered. */
  readonly until: number | undefined;
  /** Whether the replica may show it already, by a snapshot. */
  readonly doubtful: boolean;
}

/** Adds a command that was just given. One that is given again is there already. */
export function predict(predictions: Predictions, sent: SentCommand): Predictions {
  if (predictions.some((prediction) => prediction.sent.commandId === sent.commandId)) return predictions;
  return [...predictions, { sent, after: undefined, until: undefined, doubtful: false }];
}

/** Notes that the server may know of a command from now on, and where the replica is. */
export function depart(predictions: Predictions, commandId: string, offset: number): Predictions {
  return change(predictions, (prediction) =>
    prediction.sent.commandId === commandId && prediction.after === undefined
      ? { ...prediction, after: offset }
      : prediction,
  );
}

/** Takes back a command that was rejected or has failed. */
export function withdraw(predictions: Predictions, commandId: string): Predictions {
  return keep(predictions, ({ sent }) => sent.commandId !== commandId);
}

/** Notes that the server has accepted a command with its last event at `until`, and where the replica is. */
export function accept(predictions: Predictions, commandId: string, until: number, offset: number): Predictions {
  const ended = ({ sent, doubtful }: Prediction) => sent.commandId === commandId && (doubtful || until <= offset);
  return change(
    keep(predictions, (prediction) => !ended(prediction)),
    (prediction) => (prediction.sent.commandId === commandId ? { ...prediction, until } : prediction),
  );
}

/** Drops the commands whose effect the replica shows after a frame; `offset` is where the replica is then. */
export function confirm(predictions: Predictions, frame: AnyFrame, offset: number): Predictions {
  if (predictions.length === 0) return predictions;
  const anew = frame.kind === "snapshot" && (frame.reason === "epoch" || frame.reason === "ahead");
  const seen = new Set(frame.kind === "events" ? frame.events.map((event) => event.commandId) : []);
  const left = keep(
    predictions,
    ({ sent, until }) => !seen.has(sent.commandId) && (until === undefined || (!anew && until > offset)),
  );
  if (frame.kind !== "snapshot") return left;
  return change(left, (prediction) => {
    const { after, until, doubtful } = prediction;
    const mayHold = after !== undefined && until === undefined && (anew || offset > after);
    return mayHold && !doubtful ? { ...prediction, doubtful: true } : prediction;
  });
}

/** Leaves only the commands that the server has not answered. */
export function unanswered(predictions: Predictions): Predictions {
  return keep(predictions, (prediction) => prediction.until === undefined);
}

/** The commands of a user, those first that were given first. */
export function ofUser(predictions: Predictions, key: string | undefined): Predictions {
  return keep(predictions, ({ sent }) => userKey(sent.user) === key);
}

/** The commands to be shown over the replica. */
export function shownCommands(predictions: Predictions): readonly SentCommand[] {
  return predictions.filter(({ doubtful }) => !doubtful).map(({ sent }) => sent);
}

/** The confirmed state with the predicted events of all these commands applied over it. */
export function predictedState(channel: LooseChannel, confirmed: unknown, commands: readonly SentCommand[]): unknown {
  return commands.reduce((state, sent) => predictOne(channel, state, sent), confirmed);
}

function predictOne(channel: LooseChannel, state: unknown, { command, input, ...context }: SentCommand): unknown {
  const optimistic = channel.optimistic[command];
  if (!optimistic) return state;
  try {
    const events = optimistic(input, { state, ...context });
    return events.reduce((next, { type, data }) => channel.apply[type]?.(next, data) ?? next, state);
  } catch {
    // What it was predicted for is gone from the state. Only the server can tell what becomes of the command.
    return state;
  }
}

function keep(predictions: Predictions, wanted: (prediction: Prediction) => boolean): Predictions {
  return predictions.every(wanted) ? predictions : predictions.filter(wanted);
}

/** `to` returns what it was given where nothing changes, and so does this. */
function change(predictions: Predictions, to: (prediction: Prediction) => Prediction): Predictions {
  const changed = predictions.map(to);
  return sameItems(predictions, changed) ? predictions : changed;
}
