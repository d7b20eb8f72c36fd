import type { Lifecycle } from "./channel/lifecycle.ts";
import type { User } from "./user.ts";

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

/** Who is connected. */
export interface Identity {
  readonly user: User | null;
  readonly ctx: unknown;
}

export interface ConnectionHooksOptions {
  readonly hooks: ConnectionOptions;
  /** Who is connected, as the base procedure makes it of a context; it throws for whom it refuses. */
  readonly identify: (ctx: unknown) => Promise<Identity>;
  readonly lifecycle: Lifecycle;
}

/** The property of a procedure by which a transport finds the {@link ConnectionHooks} of its realtime. */
const connectionHooks: unique symbol = Symbol.for("shoal.connection-hooks");

/** Tells an application of the connections to a node. */
export class ConnectionHooks {
  readonly #options: ConnectionHooksOptions;

  constructor(options: ConnectionHooksOptions) {
    this.#options = options;
  }

  /**
   * Hears of a connection with the context that the application made for it. One that the base procedure refuses is none.
   *
   * @returns the function to call when it is over
   */
  connected(ctx: unknown): () => void {
    let over = false;
    let end = (): void => {};
    this.#begin(ctx).then(
      (begun) => {
        end = begun;
        if (over) end();
      },
      () => {},
    );
    return () => {
      over = true;
      end();
    };
  }

  async #begin(ctx: unknown): Promise<() => void> {
    const { identify, hooks, lifecycle } = this.#options;
    const identity = (await identify(ctx)) as ConnectionCall<never, never>;
    return lifecycle.begin(identity, {
      names: ["connect", "disconnect"],
      begin: () => hooks.connect?.(identity),
      end: () => hooks.disconnect?.(identity),
    });
  }
}

/** Lets a transport that serves this procedure find the hooks. */
export function setConnectionHooks(procedure: object, hooks: ConnectionHooks): void {
  Object.assign(procedure, { [connectionHooks]: hooks });
}

/** The hooks of every realtime in a router, each once. */
export function connectionHooksOf(router: {
  readonly _def: { readonly procedures: unknown };
}): ReadonlySet<ConnectionHooks> {
  const procedures = Object.values(router._def.procedures as Record<string, object>);
  return new Set(procedures.flatMap((procedure) => (Reflect.get(procedure, connectionHooks) as ConnectionHooks) ?? []));
}
