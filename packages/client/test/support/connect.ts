import { createClient } from "../../src/client.ts";
import type { ClientOptions } from "../../src/client-options.ts";
import { Network } from "./network.ts";
import { channels, type TestServer } from "./server.ts";

/** A client of the server, signed in by `token`, on a network of its own. */
export function connect(
  server: Pick<TestServer, "url">,
  token: string | null,
  options: Partial<ClientOptions<typeof channels>> = {},
) {
  const network = new Network();
  const client = createClient({
    url: server.url,
    channels,
    token: () => token,
    user: () => (token === null ? null : { id: token, name: token.toUpperCase() }),
    WebSocket: network.WebSocket,
    ...options,
  });
  return Object.assign(client, { network, [Symbol.asyncDispose]: () => client.close() });
}
