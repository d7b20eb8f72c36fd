import type { AnyFrame, AnyOutcome } from "@shoal/contract";
import type { StoredEvent } from "./store.ts";

/** What is left of an event that is redacted: its place in the log. */
export function emptied<E extends StoredEvent>(event: E): E {
  return { ...event, data: null, secret: null, commandId: null, userId: null, redacted: true };
}

/** The offsets that events take out of the log. */
export function redactedBy(events: readonly StoredEvent[]): readonly number[] {
  return events.flatMap(({ redacts }) => redacts ?? []);
}

/** The recorded answer of a command one of whose events is redacted. */
export function withoutResult(outcome: AnyOutcome): AnyOutcome {
  return outcome.ok ? { ok: true, offset: outcome.offset } : outcome;
}

/**
 * Of a topic's recorded answers, with their outcomes as JSON, those that can be of the command that made an event which is kept no more:
 * the first that end at its offset or behind it.
 */
export function answersBehind<R extends { readonly outcome: unknown }>(
  answers: Iterable<R>,
  offset: number,
): readonly R[] {
  let found: R[] = [];
  let first = Number.POSITIVE_INFINITY;
  for (const answer of answers) {
    const outcome = JSON.parse(String(answer.outcome)) as AnyOutcome;
    if (!outcome.ok || outcome.offset < offset || outcome.offset > first) continue;
    if (outcome.offset < first) found = [];
    first = outcome.offset;
    found.push(answer);
  }
  return found;
}

/** Whether a frame that was made before they were redacted says, or may say, what events said. */
export function tells(frame: AnyFrame, offsets: readonly number[]): boolean {
  if (frame.kind === "snapshot") return offsets.some((offset) => offset <= frame.offset);
  return frame.kind === "events" && offsets.some((offset) => offset >= frame.from && offset <= frame.to);
}
