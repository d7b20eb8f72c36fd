import type { Message } from "./message.ts";

/** The id under which a client asked, as it stands at the beginning of each answer. */
export class Head {
  readonly id: number | string | null;
  readonly jsonrpc: "2.0" | undefined;
  readonly text: string;
  /** The message that a subscription has started, once it was made. */
  started: Message | undefined;

  constructor(id: number | string | null, jsonrpc: "2.0" | undefined) {
    this.id = id;
    this.jsonrpc = jsonrpc;
    const json = Number.isSafeInteger(id) ? id : JSON.stringify(id);
    this.text = jsonrpc ? `{"id":${json},"jsonrpc":"2.0"` : `{"id":${json}`;
  }
}

/** How many heads are known at most, before all are forgotten and made anew when they are asked for. */
const known = 4_096;

/** How many characters an id has at most that is worth to be known: it stays when its connection has gone. */
const longest = 64;

/** Heads of subscriptions: clients count from 1, so many ask under the same id and share what is made for it. */
export class Heads {
  readonly #plain = new Map<number | string | null, Head>();
  readonly #versioned = new Map<number | string | null, Head>();

  of(id: number | string | null, jsonrpc: "2.0" | undefined): Head {
    if (typeof id === "string" && id.length > longest) return new Head(id, jsonrpc);
    const heads = jsonrpc ? this.#versioned : this.#plain;
    const head = heads.get(id) ?? new Head(id, jsonrpc);
    if (heads.size >= known) heads.clear();
    heads.set(id, head);
    return head;
  }
}
