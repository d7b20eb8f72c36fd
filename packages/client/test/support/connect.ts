import { createClient } from "../../src/client.ts";
import type { ClientOptions } from "../../src/client-options.ts";
import { onOwnNetwork } from "./on-own-network.ts";
import { channels, type TestServer } from "./server.ts";

/** A client of the server, signed in by `token`, on a network of its own. */
export function connect(
  server: Pick<TestServer, "url">,
  token: string | null,
  options: Partial<ClientOptions<typeof channels>> = {},
) {
  return onOwnNetwork((WebSocket) =>
    createClient({
      WebSocket,
      url: server.url,
      channels,
      token: () => token,
      user: () => (token === null ? null : { id: token, name: token.toUpperCase() }),
      ...options,
    }),
  );
}
