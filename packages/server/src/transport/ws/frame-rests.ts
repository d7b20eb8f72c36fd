import type { SharedFrame } from "../../channel/shared-frame.ts";
import type { Head } from "./head.ts";
import { Message, type Rest } from "./message.ts";

/** The messages that carry frames: a frame is encoded once while it lives, and only the head is each subscriber's own. */
export class FrameRests {
  readonly #encode: (frame: SharedFrame) => Rest;
  readonly #rests = new WeakMap<SharedFrame, Rest>();
  /** The last answer: a frame goes to all its subscribers in a row. */
  #frame: SharedFrame | undefined;
  #rest: Rest | undefined;
  #head: Head | undefined;
  #message: Message | undefined;

  constructor(encode: (frame: SharedFrame) => Rest) {
    this.#encode = encode;
  }

  of(head: Head, frame: SharedFrame): Message {
    if (frame === this.#frame && head === this.#head && this.#message) return this.#message;
    const rest = frame === this.#frame && this.#rest ? this.#rest : this.#restOf(frame);
    const message = new Message(head.text, rest);
    this.#frame = frame;
    this.#rest = rest;
    this.#head = head;
    this.#message = message;
    return message;
  }

  /** Forgets the last answer, and keeps what is the same in all of them for as long as the frame lives. */
  endTick(): void {
    this.#frame = undefined;
    this.#rest = undefined;
    this.#head = undefined;
    this.#message = undefined;
  }

  #restOf(frame: SharedFrame): Rest {
    const rest = this.#rests.get(frame) ?? this.#encode(frame);
    this.#rests.set(frame, rest);
    return rest;
  }
}
