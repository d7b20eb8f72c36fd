/** What a client that reads slowly may cost. */
export interface ReaderLimits {
  /**
   * How many bytes may wait for a client that does not take them. Above, nothing more is pulled or pushed for it and nothing more is
   * read from it, until all is taken.
   * @default 1048576
   */
  readonly maxBufferedBytes?: number;
  /**
   * How many frames of a `watch` wait for such a client before they are dropped and it goes on from a snapshot; and how many values of
   * an observable, before a WebSocket is closed with 4008.
   * @default 256
   */
  readonly queue?: number;
  /**
   * How many bytes such frames may have together, as JSON, in all watches of a client; what does not fit is dropped likewise.
   * @default 1048576
   */
  readonly queueBytes?: number;
  /**
   * How long a client may take nothing at all while bytes wait for it, in milliseconds, before its connection is ended: a WebSocket
   * with 4008.
   * @default 30000
   */
  readonly slowMs?: number;
}

/** The one place where their defaults stand. */
export function withReaderDefaults(limits: ReaderLimits): Required<ReaderLimits> {
  return {
    maxBufferedBytes: limits.maxBufferedBytes ?? 1024 * 1024,
    queue: limits.queue ?? 256,
    queueBytes: limits.queueBytes ?? 1024 * 1024,
    slowMs: limits.slowMs ?? 30_000,
  };
}
