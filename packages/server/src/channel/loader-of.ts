import { ShoalError } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type { Sql } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Loader } from "./decide-topic.ts";
import type { Definition } from "./definition.ts";
import { kyselyOf } from "./kysely-of.ts";
import { underLock } from "./under-lock.ts";

export interface LoaderOptions {
  readonly sql: Sql;
  /** How long a `load` may take, in milliseconds: others wait for the transaction that it runs in. */
  readonly deadlineMs: number;
  readonly logger: Logger;
}

/** What the commands of a topic load, in the transaction that `sql` belongs to. */
export function loaderOf(
  { loads, name: channel }: Definition,
  { params, tenant, id }: TopicRef,
  options: LoaderOptions,
): Loader {
  const { sql, deadlineMs, logger } = options;
  return ({ command: { name, input, user, commandId }, state: { state }, now }) => {
    const load = Object.hasOwn(loads, name) ? loads[name] : undefined;
    if (!load) return undefined;
    const what = `The load of "${channel}.${name}"`;
    const run = (gated: Sql) => load({ read: kyselyOf(gated), state, params, tenant, input, user, commandId, now });
    return underLock(sql, what, deadlineMs, run).catch((error) => {
      if (error instanceof ShoalError && error.code === "TIMEOUT")
        logger.error({ error, topic: id }, "a load took too long");
      throw error;
    });
  };
}
