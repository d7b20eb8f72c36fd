import { ClientLink } from "../../../src/client-link.ts";
import { ServerConnection, type ServerConnectionOptions } from "../../../src/connection/server-connection.ts";
import { codecOf } from "../../../src/transformer.ts";

/** A link to a server, without topics. */
export function linkTo(url: string, options: Partial<ServerConnectionOptions> = {}) {
  const codec = codecOf(undefined);
  const connection = new ServerConnection({
    url,
    transport: "websocket",
    timeoutMs: 10_000,
    maxPayload: 262_144,
    codec,
    timePath: "realtime.connection.time",
    ...options,
  });
  const link = new ClientLink(connection, options.codec ?? codec, () => {});
  return Object.assign(link, { [Symbol.asyncDispose]: () => link.close() });
}
