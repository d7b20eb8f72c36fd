import type { Sql } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Loader } from "./decide-topic.ts";
import type { Definition } from "./definition.ts";
import { kyselyOf } from "./kysely-of.ts";

/** What the commands of a topic load, in the transaction that `sql` belongs to. */
export function loaderOf({ loads }: Definition, { params }: TopicRef, sql: Sql): Loader {
  const read = kyselyOf(sql);
  return ({ command: { name, input, user }, state: { state }, now }) =>
    Object.hasOwn(loads, name) ? loads[name]?.({ read, state, params, input, user, now }) : undefined;
}
