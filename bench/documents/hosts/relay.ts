import { type WebSocket, WebSocketServer } from "ws";
import * as Y from "yjs";
import { listen, portOf } from "../../wire/hosts/host.ts";
import type { Host } from "./host.ts";

/** Hands each update on to everybody else who is there. Nothing is read, checked or kept. */
export const relayHost = (): Promise<Host> =>
  hostOf((others, update) => {
    for (const other of others()) other.send(update);
  });

/** Hands on what comes in one turn of the event loop together. */
export const mergingRelayHost = (): Promise<Host> => {
  let gathered: { readonly from: WebSocket; readonly update: Uint8Array }[] = [];
  const flush = (clients: Iterable<WebSocket>) => {
    const taken = gathered;
    gathered = [];
    const merged = Y.mergeUpdates(taken.map(({ update }) => update));
    // Whoever gets their own back does not mind.
    const alone = taken.length === 1 ? taken[0]?.from : undefined;
    for (const client of clients) if (client !== alone) client.send(merged);
  };
  return hostOf((_others, update, from, everybody) => {
    if (gathered.length === 0) setImmediate(flush, everybody);
    gathered.push({ from, update });
  });
};

type HandOn = (
  others: () => Iterable<WebSocket>,
  update: Buffer,
  from: WebSocket,
  everybody: ReadonlySet<WebSocket>,
) => void;

async function hostOf(handOn: HandOn): Promise<Host> {
  const server = await listen();
  const wss = new WebSocketServer({ server });
  wss.on("connection", (client) => {
    const others = () => [...wss.clients].filter((other) => other !== client);
    client.on("message", (update: Buffer) => handOn(others, update, client, wss.clients));
  });
  const nothingKept = () => Promise.reject(new Error("a relay keeps nothing"));
  return { port: portOf(server), create: async () => "the only one", fill: nothingKept };
}
