import { TRPCError } from "@trpc/server";
import type { Lifecycle } from "../channel/lifecycle.ts";
import { toLeaving } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Meters } from "../observe/meters.ts";
import type { User } from "../user.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { added, countOf, listOf, without } from "./few.ts";
import { type Identity, refuseExpired, userKey } from "./identity.ts";
import type { Revocation, Revocations } from "./revocations.ts";
import { noRoom } from "./too-many.ts";
import type { Visitors } from "./visitors.ts";

/** What `connect` and `disconnect` get. Both calls for a connection get the same. */
export interface ConnectionCall<W, C> {
  readonly user: W;
  /** The context of the connection, as the base procedure's middlewares made it. */
  readonly ctx: C;
}

/** What an application does with connections. */
export interface ConnectionOptions<W = never, C = never> {
  /**
   * Called when a client's WebSocket is connected, on this node. Nothing waits for it, and it refuses nobody: that is for the base
   * procedure and `authorize`.
   */
  readonly connect?: (call: ConnectionCall<W, C>) => unknown;
  /** Called once for each `connect`, when the connection is over, or this node closes. */
  readonly disconnect?: (call: ConnectionCall<W, C>) => unknown;
}

/** A connection, as far as who lets it in has to know it. */
export interface Closable {
  /** Ends it, with a close code of WebSocket and, for people, the reason. */
  close(code: number, reason: string): void;
}

export interface ConnectionsOptions {
  /** Which realtime it is that they carry: its gate. */
  readonly realtime: object;
  /** Who is connected, as the base procedure makes it of a context; it throws for whom it refuses. */
  readonly identify: (ctx: unknown) => Promise<Identity>;
  /** Whether it is known until when what somebody signed in with is good. */
  readonly expires: boolean;
  readonly revocations: Revocations;
  readonly visitors: Visitors;
  readonly hooks: ConnectionOptions;
  readonly lifecycle: Lifecycle;
  readonly meters: Meters;
  readonly logger: Logger;
}

const revoked = { code: 4003, reason: "What this user may do here was revoked." } as const;

/** The connections to this node that carry a realtime, by whatever transport, and whose they are. */
export class Connections {
  readonly options: ConnectionsOptions;
  #size = 0;

  constructor(options: ConnectionsOptions) {
    this.options = options;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Whether this node has as many as it may have. */
  isFull({ maxConnections }: ConnectionLimits): boolean {
    return this.#size >= maxConnections;
  }

  /** What one is told for which there is no room. */
  noRoom(): TRPCError {
    return toLeaving(noRoom("This server has as many connections as it may have. Try again later."));
  }

  /** A connection comes, of which it is not known yet whose it is. */
  arrive(connection: Closable): Registration {
    this.#size += 1;
    this.options.meters.connected += 1;
    return new Registration(this, connection);
  }

  /** @throws {TRPCError} `TOO_MANY_REQUESTS` when the user has as many as one may have */
  assign(registration: Registration, user: User, most: number): string {
    const { visitors } = this.options;
    const key = userKey(user.id, user.tenant);
    const count = countOf(visitors.get(key)?.connections);
    if (count >= most) {
      const message = `You have ${count} connections open, the most that one may have. Close one of them.`;
      throw toLeaving(noRoom(message));
    }
    const visitor = visitors.visit(key, user);
    visitor.connections = added(visitor.connections, registration);
    return visitor.key;
  }

  remove(registration: Registration, user: string | null | undefined): void {
    this.#size -= 1;
    const visitor = user ? this.options.visitors.get(user) : undefined;
    if (!visitor) return;
    visitor.connections = without(visitor.connections, registration);
    this.options.visitors.leave(visitor);
  }

  /** Closes the connections of a user of whom everything is revoked. */
  revoke({ user, channel }: Revocation): void {
    if (channel !== null) return;
    for (const { connection } of listOf(this.options.visitors.get(user)?.connections))
      connection.close(revoked.code, revoked.reason);
  }
}

/** A connection as a realtime knows it. */
export class Registration {
  readonly connection: Closable;
  readonly #connections: Connections;
  /** When it came, as it is counted by revocations. */
  readonly #moment: number;
  /** Whose it is, `null` where nobody is signed in; `undefined` where the base procedure refused who came, or does not know yet. */
  #user: string | null | undefined;
  #endHooks: (() => void) | undefined;
  #over = false;

  constructor(connections: Connections, connection: Closable) {
    this.#connections = connections;
    this.connection = connection;
    this.#moment = connections.options.revocations.moment;
  }

  /** Which realtime knows it so. */
  get realtime(): object {
    return this.#connections.options.realtime;
  }

  /**
   * Hears its context. Whom the base procedure refuses may stay, and is refused whatever they ask for.
   *
   * @returns who it is, if that is known
   * @throws {TRPCError} `TOO_MANY_REQUESTS` when its user has too many, `UNAUTHORIZED` when what they signed in with has expired, or was
   * revoked meanwhile
   */
  async admit(ctx: unknown, { maxConnectionsPerUser }: ConnectionLimits): Promise<Identity | undefined> {
    const identity = await this.identify(ctx).catch(() => undefined);
    if (!identity || this.#over) return undefined;
    refuseExpired(identity);
    const { revocations } = this.#connections.options;
    const { user } = identity;
    if (user && revocations.since(this.#moment, userKey(user.id, user.tenant))) {
      throw new TRPCError({ code: "UNAUTHORIZED", message: "What you may do was revoked meanwhile. Connect anew." });
    }
    this.#user = user === null ? null : this.#connections.assign(this, user, maxConnectionsPerUser);
    this.#begin(identity as ConnectionCall<never, never>);
    return identity;
  }

  /**
   * Who it is by a context.
   *
   * @throws what the base procedure throws
   */
  identify(ctx: unknown): Promise<Identity> {
    return this.#connections.options.identify(ctx);
  }

  /** Whether it is the same user's, or both are nobody's. */
  isOf(identity: Identity): boolean {
    return this.#user === keyOf(identity);
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#connections.remove(this, this.#user);
    this.#endHooks?.();
  }

  #begin(call: ConnectionCall<never, never>): void {
    const { hooks, lifecycle } = this.#connections.options;
    if (!hooks.connect && !hooks.disconnect) return;
    this.#endHooks = lifecycle.begin(call, {
      names: ["connect", "disconnect"],
      begin: () => hooks.connect?.(call),
      end: () => hooks.disconnect?.(call),
    });
  }
}

function keyOf({ user }: Identity): string | null {
  return user ? userKey(user.id, user.tenant) : null;
}

/** The property of a procedure by which a transport finds the {@link Connections} of its realtime. */
const connectionsKey: unique symbol = Symbol.for("shoal.connections.1");

/** Lets a transport that serves this procedure find them. */
export function setConnections(procedure: object, connections: Connections): void {
  Object.assign(procedure, { [connectionsKey]: connections });
}

/** Those of every realtime in a router, each once. */
export function connectionsOf(router: { readonly _def: { readonly procedures: unknown } }): readonly Connections[] {
  const procedures = Object.values(router._def.procedures as Record<string, object>);
  return [...new Set(procedures.flatMap((one) => (Reflect.get(one, connectionsKey) as Connections) ?? []))];
}
