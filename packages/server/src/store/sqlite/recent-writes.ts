import type { Look, TopicWrite } from "../../store.ts";

type Changed = Look["changed"][number];

/** Many more than are written between two looks. */
const most = 100_000;

/**
 * What was written lately, for realtimes that share one store object: since only this process writes, it need not be stored.
 */
export class RecentWrites {
  #writes: { readonly topic: string; readonly offset: number }[] = [];
  #dropped = 0;

  add(writes: readonly TopicWrite[]): void {
    for (const { topic, head, events } of writes) {
      if (events.length > 0) this.#writes.push({ topic: topic.id, offset: head.offset });
    }
    const extra = this.#writes.length - most;
    if (extra < most) return;
    this.#writes = this.#writes.slice(extra);
    this.#dropped += extra;
  }

  get mark(): string {
    return String(this.#dropped + this.#writes.length);
  }

  /** The topics written since a mark, each once, with their last offsets. */
  since(mark: string | null, epochOf: (topicId: string) => string): readonly Changed[] {
    if (mark === null) return [];
    const recent = this.#writes.slice(Math.max(0, Number(mark) - this.#dropped));
    const offsets = new Map(recent.map(({ topic, offset }) => [topic, offset]));
    return [...offsets].map(([id, offset]) => ({ id, offset, epoch: epochOf(id) }));
  }
}
