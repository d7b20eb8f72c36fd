import type { SharedFrame } from "../../channel/shared-frame.ts";
import type { Head } from "./head.ts";
import type { Message } from "./message.ts";

/** The messages that carry frames, where nothing but a whole message can be encoded: each is made once for an id in a tick. */
export class FrameMessages {
  readonly #encode: (head: Head, frame: SharedFrame) => Message;
  readonly #made = new Map<SharedFrame, Map<Head, Message>>();

  constructor(encode: (head: Head, frame: SharedFrame) => Message) {
    this.#encode = encode;
  }

  of(head: Head, frame: SharedFrame): Message {
    const made = this.#made.get(frame) ?? new Map<Head, Message>();
    const message = made.get(head) ?? this.#encode(head, frame);
    made.set(head, message);
    this.#made.set(frame, made);
    return message;
  }

  /** Whether a message was made in this tick, of a frame for who asked under the head's id. */
  has(head: Head, message: Message): boolean {
    for (const made of this.#made.values()) if (made.get(head) === message) return true;
    return false;
  }

  endTick(): void {
    this.#made.clear();
  }
}
