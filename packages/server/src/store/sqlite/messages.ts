import type { CommandKey, StoredEvent, TopicHead } from "../../store.ts";

/** An event as a row: its data is JSON text, so that nothing is copied twice on its way between threads. */
export type EventRow = Omit<StoredEvent, "data"> & { readonly data: string };

export interface SnapshotRow {
  readonly offset: number;
  readonly at: number;
  readonly state: string;
}

export interface TopicRow {
  readonly epoch: string;
  readonly snapshot: SnapshotRow | null;
  readonly events: readonly EventRow[];
}

export interface RecordRow {
  readonly sender: string;
  readonly commandId: string;
  readonly digest: string;
  readonly outcome: string;
}

export interface LockRow {
  readonly news:
    | { readonly kind: "tail"; readonly events: readonly EventRow[] }
    | { readonly kind: "reload"; readonly topic: TopicRow };
  readonly records: readonly RecordRow[];
  readonly timers: string;
}

export interface WriteRow {
  readonly key: string;
  readonly channel: string;
  readonly tenant: string | null;
  readonly params: string;
  readonly head: { readonly offset: number; readonly at: number };
  readonly events: readonly EventRow[];
  readonly records: readonly RecordRow[];
  readonly timers: { readonly text: string; readonly nextDue: number | null } | undefined;
  readonly snapshot: SnapshotRow | undefined;
}

export interface LockCall {
  readonly key: string;
  readonly known: TopicHead;
  readonly commands: readonly CommandKey[];
}

/** What the writer's thread can be asked. */
export interface WriterCalls {
  pragmas(): { readonly journalMode: string; readonly synchronous: number };
  /** The answer has a row for each request, in their order. */
  lock(requests: readonly LockCall[]): { readonly now: number; readonly topics: readonly LockRow[] };
  write(writes: readonly WriteRow[], now: number): void;
  trim(channel: string, keep: number | null, before: number | null): number;
  forget(before: number): number;
  newEpoch(): void;
  close(): void;
}

/** What the reader's thread can be asked. */
export interface ReaderCalls {
  load(key: string): TopicRow;
  read(key: string, from: number, to: number): readonly EventRow[];
  head(key: string): TopicHead;
  due(): {
    readonly now: number;
    readonly topics: readonly { readonly channel: string; readonly tenant: string | null; readonly params: string }[];
  };
  close(): void;
}
