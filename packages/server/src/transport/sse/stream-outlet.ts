import { ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { NodeHTTPRequest, NodeHTTPResponse } from "@trpc/server/adapters/node-http";
import type { Batch } from "../batch.ts";
import type { Chunk } from "./chunk.ts";

/** Where the body of one response goes. */
export interface StreamOutlet {
  /** Whether anything may still be written. */
  readonly isOpen: boolean;
  /** How many bytes wait in this process, because the client did not take them yet. */
  readonly buffered: number;
  /** Sends the head of the response, and the first chunk with it. */
  begin(first: Chunk): void;
  write(batch: Batch): void;
  /** Calls once, when what is buffered now has left. */
  onceDrained(run: () => void): void;
}

/**
 * A plain response of HTTP/1.1 gets chunks as they are, by one write to its socket. Where anything else stands between, such as
 * HTTP/2 or a middleware that compresses, the response gets one text after the other.
 */
export function outletOf(req: NodeHTTPRequest, res: NodeHTTPResponse): StreamOutlet {
  const { socket } = res;
  const plain =
    req.httpVersion === "1.1" &&
    res instanceof ServerResponse &&
    res.write === ServerResponse.prototype.write &&
    res.statusCode === 200 &&
    socket instanceof Socket;
  return plain ? new ChunkOutlet(res, socket) : new ResponseOutlet(res);
}

class ChunkOutlet implements StreamOutlet {
  readonly #res: ServerResponse;
  readonly #socket: Socket;

  constructor(res: ServerResponse, socket: Socket) {
    this.#res = res;
    this.#socket = socket;
  }

  /** Behind the end of this response stands the next one. */
  get isOpen(): boolean {
    return this.#socket.writable && !this.#res.writableEnded;
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  begin({ parts }: Chunk): void {
    this.#res.setHeader("transfer-encoding", "chunked");
    this.#socket.cork();
    this.#res.flushHeaders();
    this.#socket.write(parts[0]);
    this.#socket.uncork();
  }

  write({ buffers }: Batch): void {
    const socket = this.#socket;
    const [first] = buffers;
    if (buffers.length === 1) {
      socket.write(first as Buffer);
      return;
    }
    socket.cork();
    for (const buffer of buffers) socket.write(buffer);
    socket.uncork();
  }

  /** An empty write is done when all before it are; `drain` would tell of it only above the socket's own mark. */
  onceDrained(run: () => void): void {
    this.#socket.write("", () => run());
  }
}

class ResponseOutlet implements StreamOutlet {
  readonly #res: NodeHTTPResponse;
  /** What was written since the response took all: it says no more than that. */
  #buffered = 0;
  #drained: (() => void) | undefined;

  constructor(res: NodeHTTPResponse) {
    this.#res = res;
    res.on("drain", () => {
      this.#buffered = 0;
      const run = this.#drained;
      this.#drained = undefined;
      run?.();
    });
  }

  get isOpen(): boolean {
    return !this.#res.writableEnded && !this.#res.destroyed;
  }

  get buffered(): number {
    return this.#buffered;
  }

  begin({ payload }: Chunk): void {
    this.#write(payload);
    this.#res.flush?.();
  }

  write({ messages }: Batch): void {
    for (const { payload } of messages) this.#write(payload);
    this.#res.flush?.();
  }

  onceDrained(run: () => void): void {
    this.#drained = run;
  }

  #write(payload: string | Uint8Array): void {
    const taken = this.#res.write(payload);
    this.#buffered = taken ? 0 : this.#buffered + payload.length;
  }
}
