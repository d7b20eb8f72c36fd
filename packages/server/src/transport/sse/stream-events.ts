import type { AnyTRPCRouter, TRPCErrorShape } from "@trpc/server";
import type { SharedFrame } from "../../channel/shared-frame.ts";
import { Chunk } from "./chunk.ts";

type Config = AnyTRPCRouter["_def"]["_config"];

/** What ends each event: tRPC sends one empty line more than the format asks for. */
const end = "\n\n\n";

/** Makes the events of tRPC's streams, byte for byte as tRPC's own handler makes them. */
export class StreamEvents {
  readonly connected: Chunk;
  readonly ping = new Chunk(`event: ping\ndata: ${end}`, true);
  readonly #serialize: (value: unknown) => unknown;
  readonly #frames = new WeakMap<SharedFrame, Chunk>();
  /** The last answer: a frame goes to all its subscribers in a row. */
  #frame: SharedFrame | undefined;
  #chunk: Chunk | undefined;

  constructor({ transformer, sse }: Config) {
    this.#serialize = (value) => transformer.output.serialize(value);
    this.connected = new Chunk(`event: connected\ndata: ${JSON.stringify(sse?.client ?? {})}${end}`, true);
  }

  /** Made once for all who see the frame, and kept for as long as it lives. */
  frame(frame: SharedFrame): Chunk {
    if (frame === this.#frame && this.#chunk) return this.#chunk;
    const chunk = this.#frames.get(frame) ?? this.#make(frame);
    this.#frame = frame;
    this.#chunk = chunk;
    return chunk;
  }

  error(shape: TRPCErrorShape): Chunk {
    return new Chunk(`event: serialized-error\ndata: ${this.#json(shape)}${end}`, false);
  }

  /** To be called when a tick has ended: nothing of it is held any more. */
  endTick(): void {
    this.#frame = undefined;
    this.#chunk = undefined;
  }

  /** Neither JSON nor a position has an end of line, so no data can be taken for another field. */
  #make(frame: SharedFrame): Chunk {
    const chunk = new Chunk(`data: ${this.#json(frame.frame)}\nid: ${frame.id}${end}`, true);
    this.#frames.set(frame, chunk);
    return chunk;
  }

  #json(value: unknown): string {
    return JSON.stringify(this.#serialize(value));
  }
}
