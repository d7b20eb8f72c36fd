import type { Look } from "../../store.ts";

type Changed = Look["changed"][number];

interface Written {
  readonly topic: string;
  readonly offset: number;
  readonly generation: number;
}

/** Many more than are written between two looks. */
const most = 100_000;

/**
 * What was written lately, for realtimes that share one store object: since only this process writes, it need not be stored.
 */
export class RecentWrites {
  #writes: Written[] = [];
  #dropped = 0;

  add(writes: readonly Written[]): void {
    for (const write of writes) this.#writes.push(write);
    const extra = this.#writes.length - most;
    if (extra < most) return;
    this.#writes = this.#writes.slice(extra);
    this.#dropped += extra;
  }

  get mark(): string {
    return String(this.#dropped + this.#writes.length);
  }

  /** The topics written since a mark, each once, with their last offsets. */
  since(mark: string | null, epochOf: (topicId: string, generation: number) => string): readonly Changed[] {
    if (mark === null) return [];
    const recent = this.#writes.slice(Math.max(0, Number(mark) - this.#dropped));
    const last = new Map(recent.map((write) => [write.topic, write]));
    return [...last].map(([id, { offset, generation }]) => ({ id, offset, epoch: epochOf(id, generation) }));
  }
}
