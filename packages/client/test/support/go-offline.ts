import type { AnyClient } from "../../src/client.ts";
import type { Network } from "./network.ts";
import type { TestServer } from "./server.ts";
import { until } from "./until.ts";

/** Takes the network away from a client, and everybody else's connection with it for a moment. Resolves once the client knows. */
export async function goOffline(
  client: AnyClient & { readonly network: Network },
  server: Pick<TestServer, "cut">,
): Promise<void> {
  client.network.online = false;
  server.cut();
  await until(client.connection, ({ status }) => status === "reconnecting");
}
