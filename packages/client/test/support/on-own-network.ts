import type { AnyClient } from "../../src/client.ts";
import { Network } from "./network.ts";

/** A client on a network of its own, made with the `WebSocket` of that. `await using` closes it. */
export function onOwnNetwork<Client extends AnyClient>(create: (WebSocket: Network["WebSocket"]) => Client) {
  const network = new Network();
  const client = create(network.WebSocket);
  return Object.assign(client, { network, [Symbol.asyncDispose]: () => client.close() });
}
