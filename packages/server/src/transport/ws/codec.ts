import { type AnyTRPCRouter, type TRPCErrorShape, transformTRPCResponse } from "@trpc/server";
import { type Encoder, jsonEncoder } from "@trpc/server/adapters/ws";
import type { TRPCResponseMessage } from "@trpc/server/rpc";
import type { SharedFrame } from "../../channel/shared-frame.ts";
import { FrameMessages } from "./frame-messages.ts";
import { FrameRests } from "./frame-rests.ts";
import type { Head } from "./head.ts";
import { Message, Rest } from "./message.ts";

type Config = AnyTRPCRouter["_def"]["_config"];

/** Makes the messages of tRPC's protocol, byte for byte as tRPC's own handler makes them. */
export interface Codec {
  decode(data: string | Uint8Array): unknown;
  /** A value: the answer to a query or a mutation, or what a subscription yielded. */
  data(head: Head, value: unknown): Message;
  /** What a subscription yielded, with the id from which it goes on. */
  tracked(head: Head, id: string, value: unknown): Message;
  /** The same for a frame that goes to many: made once for all who asked under that id. */
  frame(head: Head, frame: SharedFrame): Message;
  /** Whether a message of this tick carries a frame to who asked under the head's id. */
  isFrame(head: Head, message: Message): boolean;
  error(head: Head, shape: TRPCErrorShape): Message;
  started(head: Head): Message;
  stopped(head: Head): Message;
  /** To be called when a tick has ended: nothing of it is shared any more. */
  endTick(): void;
}

export function codecOf(config: Config, encoder: Encoder = jsonEncoder): Codec {
  return encoder === jsonEncoder ? new JsonCodec(config) : new EncoderCodec(config, encoder);
}

/** The default: texts are put together around the JSON of the data. */
class JsonCodec implements Codec {
  readonly #serialize: (value: unknown) => unknown;
  readonly #frames = new FrameRests(({ id, frame }) => new Rest(this.#trackedResult(id, frame)));

  constructor({ transformer }: Config) {
    this.#serialize = (value) => transformer.output.serialize(value);
  }

  decode(data: string | Uint8Array): unknown {
    return jsonEncoder.decode(data);
  }

  data(head: Head, value: unknown): Message {
    return new Message(`${head.text},"result":{"type":"data"${this.#field("data", value)}}}`);
  }

  tracked(head: Head, id: string, value: unknown): Message {
    return new Message(`${head.text}${this.#trackedResult(id, value)}`);
  }

  frame(head: Head, frame: SharedFrame): Message {
    return this.#frames.of(head, frame);
  }

  isFrame(head: Head, message: Message): boolean {
    return message.isRestAfter(head.text);
  }

  error(head: Head, shape: TRPCErrorShape): Message {
    return new Message(`${head.text}${this.#field("error", shape)}}`);
  }

  started(head: Head): Message {
    head.started ??= new Message(`${head.text},"result":{"type":"started"}}`);
    return head.started;
  }

  stopped(head: Head): Message {
    return new Message(`${head.text},"result":{"type":"stopped"}}`);
  }

  endTick(): void {
    this.#frames.endTick();
  }

  #trackedResult(id: string, data: unknown): string {
    return `,"result":{"type":"data"${this.#field("data", { id, data })},"id":${JSON.stringify(id)}}}`;
  }

  /** A field whose value has no JSON, such as `undefined`, is left out. */
  #field(name: string, value: unknown): string {
    const json: string | undefined = JSON.stringify(this.#serialize(value));
    return json === undefined ? "" : `,"${name}":${json}`;
  }
}

/** For an encoder of the application, which gets whole messages. */
class EncoderCodec implements Codec {
  readonly #config: Config;
  readonly #encoder: Encoder;
  readonly #frames = new FrameMessages((head, { id, frame }) =>
    this.#message({ ...named(head), result: trackedResult(id, frame) }),
  );

  constructor(config: Config, encoder: Encoder) {
    this.#config = config;
    this.#encoder = encoder;
  }

  decode(data: string | Uint8Array): unknown {
    return this.#encoder.decode(data);
  }

  data(head: Head, data: unknown): Message {
    return this.#message({ ...named(head), result: { type: "data", data } });
  }

  tracked(head: Head, id: string, data: unknown): Message {
    return this.#message({ ...named(head), result: trackedResult(id, data) });
  }

  frame(head: Head, frame: SharedFrame): Message {
    return this.#frames.of(head, frame);
  }

  isFrame(head: Head, message: Message): boolean {
    return this.#frames.has(head, message);
  }

  error(head: Head, error: TRPCErrorShape): Message {
    return this.#message({ ...named(head), error });
  }

  started(head: Head): Message {
    head.started ??= this.#message({ ...named(head), result: { type: "started" } });
    return head.started;
  }

  stopped(head: Head): Message {
    return this.#message({ ...named(head), result: { type: "stopped" } });
  }

  endTick(): void {
    this.#frames.endTick();
  }

  #message(message: TRPCResponseMessage): Message {
    return new Message(this.#encoder.encode(transformTRPCResponse(this.#config, message)));
  }
}

function named({ id, jsonrpc }: Head) {
  return jsonrpc ? { id, jsonrpc } : { id };
}

function trackedResult(id: string, data: unknown) {
  return { type: "data", data: { id, data }, id } as const;
}
