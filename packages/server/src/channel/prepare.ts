import type { Caller } from "./access.ts";
import type { Command } from "./decide.ts";
import type { Definition } from "./definition.ts";
import { type HistoryOptions, readHistory } from "./history.ts";
import type { kyselyOf } from "./kysely-of.ts";
import type { LiveTopic } from "./live-topic.ts";
import { withinDeadline } from "./within-deadline.ts";

export interface PrepareContext {
  readonly caller: Pick<Caller, "user" | "ctx">;
  readonly live: LiveTopic;
  /** The tables of the store, as they are committed. */
  readonly read: ReturnType<typeof kyselyOf>;
  readonly now: number;
}

/** Whether a command has a `prepare`. */
export function isPrepared({ prepares }: Definition, name: string): boolean {
  return Object.hasOwn(prepares, name);
}

/**
 * Runs a command's `prepare`, if it has one, within the channel's deadline.
 *
 * @throws {ShoalError} `TIMEOUT` when the deadline passes, and whatever the `prepare` throws
 */
export async function prepare(
  definition: Definition,
  { name, input, commandId }: Command,
  { caller: { user, ctx }, live, read, now }: PrepareContext,
): Promise<unknown> {
  const run = isPrepared(definition, name) ? definition.prepares[name] : undefined;
  if (!run) return undefined;
  const { prepareDeadlineMs } = definition;
  const message = `"${definition.name}.${name}" was not prepared within ${prepareDeadlineMs} ms. Send it again.`;
  const { params, tenant } = live.ref;
  const { state, offset } = live.folded;
  const history = (options: HistoryOptions) => readHistory(live, null, options);
  return await withinDeadline(prepareDeadlineMs, message, (signal) =>
    run({ read, state, offset, history, params, tenant, input, user, ctx, commandId, now, signal }),
  );
}
