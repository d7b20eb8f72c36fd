import type { Sql } from "../store.ts";
import { cutEvent } from "./cut.ts";
import type { Definition } from "./definition.ts";
import { kyselyOf } from "./kysely-of.ts";
import type { LiveTopic } from "./live-topic.ts";
import type { TopicDecisions } from "./topic-decisions.ts";
import { underLock } from "./under-lock.ts";

interface Decided {
  readonly group: { readonly live: LiveTopic };
  readonly decisions: TopicDecisions;
}

/** Tells each channel that projects what a group did to its topics, in the transaction that `sql` belongs to. */
export async function projectAll(sql: Sql, decided: readonly Decided[], deadlineMs: number): Promise<void> {
  for (const [{ name, project }, changes] of changesByChannel(decided)) {
    await underLock(sql, `The projection of "${name}"`, deadlineMs, async (tx) => project?.(kyselyOf(tx), changes));
  }
}

function changesByChannel(decided: readonly Decided[]): ReadonlyMap<Definition, readonly object[]> {
  const changes = new Map<Definition, object[]>();
  for (const { group, decisions } of decided) {
    const { definition, ref } = group.live;
    if (!decisions.change || !definition.project) continue;
    const { events, ...change } = decisions.change;
    const entries = events.map((event) => {
      const { userId, secret } = event;
      return { ...cutEvent(definition, event, null), userId, secret: secret ?? undefined };
    });
    const list = changes.get(definition) ?? [];
    list.push({ params: ref.params, tenant: ref.tenant, events: entries, ...change });
    changes.set(definition, list);
  }
  return changes;
}
