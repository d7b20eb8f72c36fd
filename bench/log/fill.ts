import { type Store, topicRef } from "@shoal/server";
import { counter, note } from "./counter.ts";

const eventsAtOnce = 5_000;

/** Puts events into the log of a store's topics in turn, through the store's own transactions, until it has so many. */
export async function fill(store: Store, topics: number, events: number): Promise<void> {
  await store.open();
  const each = Math.ceil(events / topics);
  for (let index = 0; index < topics; index += 1) {
    const topic = topicRef(counter.name, null, { counterId: `counter-${index}` });
    const { epoch } = await store.head(topic);
    for (let offset = 0; offset < each; offset += eventsAtOnce) {
      await append(store, topic, epoch, offset, Math.min(eventsAtOnce, each - offset));
    }
  }
  await store.close();
}

type Ref = ReturnType<typeof topicRef>;

function append(store: Store, topic: Ref, epoch: string, offset: number, count: number): Promise<void> {
  return store.transaction([{ topic, known: { epoch, offset }, commands: [] }], ({ now: at }) => {
    const data = { by: 1, note };
    const events = Array.from({ length: count }, (_, index) => ({
      offset: offset + index + 1,
      at,
      type: "added",
      data,
      secret: null,
      commandId: null,
      userId: null,
      version: counter.version,
    }));
    const last = offset + count;
    return [
      {
        topic,
        head: { offset: last, at },
        events,
        records: [],
        snapshot: { offset: last, at, state: { state: { value: last } }, version: counter.version },
      },
    ];
  });
}
