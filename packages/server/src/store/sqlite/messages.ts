import type {
  CommandKey,
  Redaction,
  SqlResult,
  SqlStatement,
  StoredEvent,
  StoredUser,
  TopicHead,
} from "../../store.ts";

/** An event as a row: what is JSON is text, so that nothing is copied twice on its way between threads. */
export interface EventRow extends Pick<StoredEvent, "offset" | "at" | "type" | "commandId" | "userId" | "version"> {
  readonly data: string;
  readonly secret: string | null;
  readonly redacts: string | null;
  readonly redacted: number;
}

export interface SnapshotRow {
  readonly offset: number;
  readonly at: number;
  readonly state: string;
  readonly version: number;
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
  readonly version: number;
}

export interface LockRow {
  readonly news:
    | { readonly kind: "tail"; readonly events: readonly EventRow[] }
    | { readonly kind: "reload"; readonly topic: TopicRow };
  readonly records: readonly RecordRow[];
  readonly timers: string;
  readonly derived: number;
  readonly generation: number;
}

export interface TopicColumns {
  readonly channel: string;
  readonly tenant: string | null;
  readonly params: string;
}

/** A topic in which a user is found, with the offsets as JSON. */
export interface UserTopicRow extends TopicColumns {
  readonly epoch: string;
  readonly offsets: string;
}

export interface EffectRow {
  readonly id: string;
  readonly source: string;
  readonly channel: string;
  readonly tenant: string | null;
  readonly params: string;
  readonly command: string;
  readonly input: string;
  readonly due: number;
  readonly attempts: number;
  readonly status: "armed" | "parked";
  readonly version: number;
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
  readonly derived: number | null;
  readonly effects: readonly EffectRow[];
  readonly settled: readonly string[];
  readonly redactions: readonly Redaction[];
  readonly newEpoch: boolean;
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
  /** All in a transaction of its own. */
  write(writes: readonly WriteRow[], now: number): void;
  begin(): void;
  /** Begins a transaction and writes in it. Where that fails, none is under way. */
  beginWith(writes: readonly WriteRow[], now: number): void;
  /** In the transaction that is under way. Without one it is refused. */
  query(sql: string, params: readonly unknown[]): SqlResult;
  /** As `query`, for a statement that is to write nothing. */
  read(sql: string, params: readonly unknown[]): SqlResult;
  commit(): void;
  rollback(): void;
  migrate(name: string, steps: readonly (readonly SqlStatement[])[]): void;
  trim(channel: string, keep: number | null, before: number | null): number;
  forget(before: number): number;
  postpone(effect: EffectRow): void;
  settle(effectId: string): void;
  /** @param revocation - as JSON */
  revoke(revocation: string): void;
  forgetRevocations(before: number): number;
  /** In the transaction that `begin` began. Returns the generation that the topic now has; `null` when nobody wrote to it. */
  erase(key: string): number | null;
  forgetUser(user: StoredUser): number;
  newEpoch(): void;
  close(): void;
}

/** What the reader's thread can be asked. */
export interface ReaderCalls {
  query(sql: string, params: readonly unknown[]): SqlResult;
  load(key: string): TopicRow;
  read(key: string, from: number, to: number, epoch: string | undefined): readonly EventRow[];
  findUser(user: StoredUser, after: number): { readonly found: readonly UserTopicRow[]; readonly next: number | null };
  head(key: string): TopicHead;
  record(key: string, command: CommandKey): RecordRow | null;
  derived(key: string): number;
  underived(channel: string, after: number): { readonly topics: readonly TopicColumns[]; readonly next: number | null };
  /**
   * @param channels - as JSON
   * @param after - the place of the last revocation that is known; `null` where none is to be told
   */
  look(
    channels: string | null,
    after: number | null,
  ): {
    readonly identity: string;
    readonly effects: readonly EffectRow[];
    readonly now: number;
    readonly topics: readonly TopicColumns[];
    /** Each as JSON. */
    readonly revocations: readonly { readonly revocation: string }[];
    /** The place of the last revocation ever. */
    readonly revoked: number;
  };
  close(): void;
}
