import { newCommandId, type Topic } from "@shoal/client";
import { ShoalError } from "@shoal/contract";
import type { Rooms } from "@shoal/contract/rooms";
import { Store } from "../store.ts";

/** A message that the server has not confirmed. */
export interface OutboxEntry {
  /** The id of its command, and of the message once it is in the room. */
  readonly id: string;
  readonly text: string;
  readonly at: number;
  /** Why it was not sent; `undefined` while it is on its way. */
  readonly error: ShoalError | undefined;
}

/** Sends a message; under the same id it arrives once, however often it is sent. */
type SendMessage = (text: string, id: string) => Promise<unknown>;

/** What is being said in a room and has not arrived. What a lost connection keeps from arriving, the client sends again. */
export class Outbox extends Store<readonly OutboxEntry[]> {
  readonly #sendMessage: SendMessage;

  constructor(sendMessage: SendMessage) {
    super([]);
    this.#sendMessage = sendMessage;
  }

  post(text: string): void {
    void this.#send({ id: newCommandId(), text, at: Date.now(), error: undefined });
  }

  retry(id: string): void {
    const entry = this.current.find((known) => known.id === id);
    if (entry) void this.#send({ ...entry, error: undefined });
  }

  discard(id: string): void {
    this.set(this.current.filter((entry) => entry.id !== id));
  }

  async #send(entry: OutboxEntry): Promise<void> {
    const { id, text } = entry;
    this.set([...this.current.filter((known) => known.id !== id), entry]);
    try {
      await this.#sendMessage(text, id);
      this.discard(id);
    } catch (cause) {
      const error = toShoalError(cause);
      this.set(this.current.map((known) => (known.id === id ? { ...entry, error } : known)));
    }
  }
}

function toShoalError(cause: unknown): ShoalError {
  if (cause instanceof ShoalError) return cause;
  return new ShoalError("INTERNAL_SERVER_ERROR", "This message could not be sent.", { cause });
}

const outboxes = new WeakMap<Topic<Rooms>, Outbox>();

/** The outbox of a room: it outlives the page of the room, as the topic does. */
export function outboxOf(topic: Topic<Rooms>): Outbox {
  const known = outboxes.get(topic);
  if (known) return known;
  const outbox = new Outbox((text, commandId) => topic.send.post({ text }, { commandId }));
  outboxes.set(topic, outbox);
  return outbox;
}
