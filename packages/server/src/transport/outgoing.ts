/** What is sent to a client: its content, and the bytes that stand between others in one write. */
export interface Outgoing {
  /** Whether the same one goes to several clients. */
  readonly shared: boolean;
  /** About how many bytes it has. */
  readonly size: number;
  /** The content, without what the transport frames it by. */
  readonly payload: string | Uint8Array;
  /** How many bytes it has with its frame. */
  readonly frameLength: number;
  /** All bytes, to be written in this order and with nothing in between. */
  readonly parts: readonly Buffer[];
  /** Writes all bytes, and returns where they end. */
  writeFrame(target: Buffer, offset: number): number;
}
