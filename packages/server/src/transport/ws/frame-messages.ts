import type { SharedFrame } from "../../channel/shared-frame.ts";
import type { Head } from "./head.ts";
import type { Message } from "./message.ts";

interface Made<Encoded> {
  readonly encoded: Encoded;
  readonly messages: Map<Head, Message>;
}

export interface FrameEncoding<Encoded> {
  /** What is the same for every subscriber. */
  encode(frame: SharedFrame): Encoded;
  /** The message for those who asked under the head's id. */
  message(head: Head, frame: SharedFrame, encoded: Encoded): Message;
}

/** The messages that carry frames: a frame is encoded once while it lives, and made into one message for each id in a tick. */
export class FrameMessages<Encoded> {
  readonly #encoding: FrameEncoding<Encoded>;
  readonly #made = new WeakMap<SharedFrame, Made<Encoded>>();
  readonly #used = new Set<Made<Encoded>>();
  /** The last answer: a frame goes to all its subscribers in a row, most of them under one id. */
  #frame: SharedFrame | undefined;
  #head: Head | undefined;
  #message: Message | undefined;

  constructor(encoding: FrameEncoding<Encoded>) {
    this.#encoding = encoding;
  }

  of(head: Head, frame: SharedFrame): Message {
    if (frame === this.#frame && head === this.#head && this.#message) return this.#message;
    const made = this.#made.get(frame) ?? this.#make(frame);
    const message = made.messages.get(head) ?? this.#makeMessage(head, frame, made);
    this.#frame = frame;
    this.#head = head;
    this.#message = message;
    return message;
  }

  /** Forgets the messages, and keeps what is the same in all of them for as long as the frame lives. */
  endTick(): void {
    for (const { messages } of this.#used) messages.clear();
    this.#used.clear();
    this.#frame = undefined;
    this.#head = undefined;
    this.#message = undefined;
  }

  #make(frame: SharedFrame): Made<Encoded> {
    const made = { encoded: this.#encoding.encode(frame), messages: new Map<Head, Message>() };
    this.#made.set(frame, made);
    return made;
  }

  #makeMessage(head: Head, frame: SharedFrame, made: Made<Encoded>): Message {
    const message = this.#encoding.message(head, frame, made.encoded);
    made.messages.set(head, message);
    this.#used.add(made);
    return message;
  }
}
