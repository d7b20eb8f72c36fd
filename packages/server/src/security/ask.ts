import { ShoalError } from "@shoal/contract";
import { type Caller, refusal } from "../channel/access.ts";
import type { LiveTopic } from "../channel/live-topic.ts";

/** How long an `authorize` may take, in milliseconds: others wait for the same answer. */
export const askDeadlineMs = 10_000;

/**
 * Asks a channel's `authorize` whether the caller may watch the topic as it is now.
 *
 * @throws {ShoalError} `UNAUTHORIZED` or `FORBIDDEN` when it says no, `TIMEOUT` when it says nothing in time
 */
export async function askToWatch({ definition, ref, folded }: LiveTopic, { user, ctx }: Caller): Promise<void> {
  const call = { user, ctx, action: "watch", params: ref.params, state: folded.state };
  const answer = definition.authorize?.(call);
  const allowed = answer instanceof Promise ? await inTime(answer, definition.name) : await answer;
  if (!allowed) throw refusal(user, definition.name, "watch");
}

function inTime<T>(answer: Promise<T>, channel: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      const message = `\`authorize\` of "${channel}" did not answer within ${askDeadlineMs} ms. Try again.`;
      reject(new ShoalError("TIMEOUT", message));
    }, askDeadlineMs);
    answer.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
