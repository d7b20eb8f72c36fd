import { ShoalError } from "@shoal/contract";
import type { TRPCLink, WebSocketLinkOptions } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import type { AnyClient } from "./client.ts";
import { callerOf } from "./connection/shared-caller.ts";
import { TrpcOperation } from "./connection/trpc-operation.ts";
import { codecOf, type Transformer } from "./transformer.ts";

/** The client whose connection to share, and the application's transformer, if it has one. */
export type TrpcLinkOptions<Router extends AnyTRPCRouter> = { readonly client: AnyClient } & Omit<
  WebSocketLinkOptions<Router>,
  "client"
>;

/**
 * A terminating link of tRPC over the connection of a client, so that all of an application's procedures share it. Subscriptions that
 * are lost begin again, at the id of the last that was tracked. Errors are tRPC's `TRPCClientError`, with a `ShoalError` as their cause.
 *
 * @throws {ShoalError} `BAD_REQUEST` when `client` was not made by `createClient`
 *
 * @example
 * ```ts
 * const trpc = createTRPCClient<AppRouter>({ links: [trpcLink({ client })] });
 * ```
 */
export function trpcLink<Router extends AnyTRPCRouter>(options: TrpcLinkOptions<Router>): TRPCLink<Router> {
  const { client } = options;
  const call = callerOf(client);
  if (!call) throw new ShoalError("BAD_REQUEST", "trpcLink needs a client that was made by createClient.");
  const codec = codecOf((options as { readonly transformer?: Transformer }).transformer);
  return () =>
    ({ op }) =>
      observable((observer) => {
        const operation = new TrpcOperation({ call, connection: client.connection, codec }, op, observer);
        operation.begin();
        return () => operation.end();
      });
}
