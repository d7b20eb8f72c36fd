import { createHash } from "node:crypto";
import { type AnyFrame, type Member, ShoalError } from "@shoal/contract";
import type { User } from "../user.ts";
import type { Caller } from "./access.ts";

type AnyMember = Member<unknown>;

/** A member is told whole to everybody on the topic, whichever of its clients has changed. */
const maxClients = 50;

interface Client {
  readonly publicId: string;
  /** One for each watch that this client holds: a tab that comes back may overlap with its own dead socket. */
  readonly leases: Set<object>;
  state: unknown;
}

interface Present {
  readonly id: string;
  /** Whose watch came first. */
  readonly caller: Caller;
  readonly name: string | undefined;
  readonly clients: Map<string, Client>;
}

export interface PresenceOptions {
  /** Tells the subscribers. */
  readonly push: (frame: AnyFrame) => void;
  /** Hears of a new member. @returns what is called once, when the last of their clients is gone */
  readonly joined: (memberId: string, caller: Caller) => () => void;
}

/**
 * Who is on a topic, on this node: soft state, held by the watches that carry it. A user is one member with all its
 * clients. What changes in one turn of the event loop leaves as one frame.
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #present = new Map<string, Present>();
  readonly #changed = new Set<string>();
  /** Those whom others were told of, and what is to be called when they are gone. */
  readonly #published = new Map<string, () => void>();
  #flush: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  members(): readonly AnyMember[] {
    return [...this.#present.values()].map(toMember);
  }

  /**
   * A watch makes its client a member until the returned function is called.
   *
   * @throws {ShoalError} `TOO_MANY_REQUESTS` when the user is here with so many clients already
   */
  join(caller: Caller, clientId: string, state: unknown): () => void {
    if (this.#closed) return () => {};
    const { user } = caller;
    const id = memberId(user, clientId);
    const present = this.#present.get(id) ?? { id, caller, name: user?.name, clients: new Map<string, Client>() };
    if (present.clients.size >= maxClients && !present.clients.has(clientId)) {
      throw new ShoalError(
        "TOO_MANY_REQUESTS",
        `You are present here with ${maxClients} clients, the most that one may be. End one of them first.`,
      );
    }
    const client = present.clients.get(clientId) ?? { publicId: publicId(clientId), leases: new Set(), state };
    const lease = {};
    client.state = state;
    client.leases.add(lease);
    present.clients.set(clientId, client);
    this.#present.set(id, present);
    this.#change(id);
    return () => this.#leave(id, clientId, lease);
  }

  /** @throws {ShoalError} `NOT_FOUND` when this client does not watch the topic with presence */
  update(user: User | null, clientId: string, state: unknown): void {
    const id = memberId(user, clientId);
    const client = this.#present.get(id)?.clients.get(clientId);
    if (!client)
      throw new ShoalError("NOT_FOUND", "This client is not present here. Watch the topic with `presence` first.");
    client.state = state;
    this.#change(id);
  }

  close(): void {
    this.#closed = true;
    clearImmediate(this.#flush);
    this.#present.clear();
  }

  #leave(id: string, clientId: string, lease: object): void {
    const present = this.#present.get(id);
    const client = present?.clients.get(clientId);
    if (!present || !client?.leases.delete(lease)) return;
    if (client.leases.size === 0) present.clients.delete(clientId);
    if (present.clients.size === 0) this.#present.delete(id);
    this.#change(id);
  }

  #change(id: string): void {
    this.#changed.add(id);
    this.#flush ??= setImmediate(() => this.#publish());
  }

  #publish(): void {
    this.#flush = undefined;
    const joined: AnyMember[] = [];
    const updated: AnyMember[] = [];
    const left: string[] = [];
    for (const id of this.#changed) {
      const present = this.#present.get(id);
      // Who came and went in one turn has left, too: whoever subscribed in that turn was told of them.
      if (!present) left.push(id);
      else if (this.#published.has(id)) updated.push(toMember(present));
      else joined.push(toMember(present));
      this.#tell(id, present);
    }
    this.#changed.clear();
    if (joined.length + updated.length + left.length === 0) return;
    this.#options.push({
      kind: "presence",
      ...(joined.length > 0 && { joined }),
      ...(updated.length > 0 && { updated }),
      ...(left.length > 0 && { left }),
    });
  }

  #tell(id: string, present: Present | undefined): void {
    const gone = this.#published.get(id);
    if (present && !gone) this.#published.set(id, this.#options.joined(id, present.caller));
    if (present) return;
    this.#published.delete(id);
    gone?.();
  }
}

/** Who is not signed in is a member of its own for each client. */
function memberId(user: User | null, clientId: string): string {
  return user ? user.id : `anonymous-${publicId(clientId)}`;
}

/** The client's own id lets it change its state, so others see only what is made from it. */
function publicId(clientId: string): string {
  return createHash("sha256").update(clientId).digest("base64url").slice(0, 16);
}

function toMember({ id, name, clients }: Present): AnyMember {
  const states = [...clients.values()].map(({ publicId: clientId, state }) => ({ id: clientId, state }));
  return name === undefined ? { id, clients: states } : { id, name, clients: states };
}
