import type { AnyFrame, Sender } from "@shoal/contract";
import type { LooseChannel } from "./loose.ts";

/** A command as it was sent. */
export interface SentCommand {
  readonly commandId: string;
  readonly command: string;
  readonly input: object;
  readonly user: Sender | null;
  /** When it was sent, in milliseconds by the server's clock as far as that is known. */
  readonly now: number;
}

/** A command whose effect the replica does not show yet. */
interface Prediction {
  readonly sent: SentCommand;
  /** The offset at which the replica shows its effect; undefined until the server has answered. */
  readonly until: number | undefined;
}

/** In the order in which the commands were sent. Every function here returns the list it was given where nothing changes. */
export type Predictions = readonly Prediction[];

/** Adds a command that is being sent. One that is sent again takes its own place. */
export function predict(predictions: Predictions, sent: SentCommand): Predictions {
  return [...withdraw(predictions, sent.commandId), { sent, until: undefined }];
}

/** Takes back a command that was rejected or has failed. */
export function withdraw(predictions: Predictions, commandId: string): Predictions {
  return keep(predictions, ({ sent }) => sent.commandId !== commandId);
}

/** Notes that the server has accepted a command with its last event at `until`, and where the replica is. */
export function accept(predictions: Predictions, commandId: string, until: number, offset: number): Predictions {
  if (until <= offset) return withdraw(predictions, commandId);
  if (!predictions.some(({ sent }) => sent.commandId === commandId)) return predictions;
  return predictions.map(({ sent, until: before }) => ({ sent, until: sent.commandId === commandId ? until : before }));
}

/** Drops the commands whose effect the replica shows after a frame; `offset` is where the replica is then. */
export function confirm(predictions: Predictions, frame: AnyFrame, offset: number): Predictions {
  if (predictions.length === 0) return predictions;
  // Offsets of another generation say nothing about this one: whatever had an outcome is in the snapshot or is gone.
  const anew = frame.kind === "snapshot" && (frame.reason === "epoch" || frame.reason === "ahead");
  const seen = new Set(frame.kind === "events" ? frame.events.map((event) => event.commandId) : []);
  return keep(
    predictions,
    ({ sent, until }) => !seen.has(sent.commandId) && (until === undefined || (!anew && until > offset)),
  );
}

/** Leaves only the commands that the server has not answered. */
export function unanswered(predictions: Predictions): Predictions {
  return keep(predictions, (prediction) => prediction.until === undefined);
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
