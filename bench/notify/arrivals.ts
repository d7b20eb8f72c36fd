import { once } from "node:events";
import { type Store, serve } from "@shoal/server";
import { WebSocket } from "ws";
import { printTable } from "../support/report.ts";
import { type Inboxes, numbered, reader, serveInboxes } from "./served.ts";

const sends = 500;
const warmUp = 50;

/** How long it takes from `send` to the reader's WebSocket, alone and while 10,000 users are sent something too. */
export async function measureArrivals(store: Store) {
  const inboxes = serveInboxes(store);
  const server = await serve({ router: inboxes.router, createContext: () => ({ user: { id: reader } }), port: 0 });
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/trpc`);
  await once(socket, "open");
  const arrivals = listen(socket);
  await inboxes.send(reader);
  await arrivals.next();
  for (let turn = 0; turn < warmUp; turn += 1) await arrive(inboxes, arrivals);
  const alone = await p99(inboxes, arrivals, () => true);
  let busy = true;
  const mailing = inboxes.sendMany(numbered(10_000)).finally(() => {
    busy = false;
  });
  const beside = await p99(inboxes, arrivals, () => busy);
  await mailing;
  socket.close();
  await server.close();
  await inboxes.realtime.close();
  console.log("\nFrom send to the client, SQLite");
  printTable(
    ["", "p99, ms"],
    [
      ["alone", alone],
      ["beside sendMany to 10,000 users", beside],
    ],
  );
  return { alone, beside };
}

interface Arrivals {
  /** Fulfilled when the next notification is there. */
  next(): Promise<void>;
}

function listen(socket: WebSocket): Arrivals {
  let arrived = (): void => {};
  socket.on("message", (message) => {
    if (String(message).includes('"arrived"')) arrived();
  });
  const input = { userId: reader };
  const path = "realtime.notifications.watch";
  socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path, input } }));
  return {
    next: () =>
      new Promise((resolve) => {
        arrived = resolve;
      }),
  };
}

async function arrive({ send }: Inboxes, arrivals: Arrivals): Promise<number> {
  const start = performance.now();
  const there = arrivals.next();
  await send(reader);
  await there;
  return performance.now() - start;
}

async function p99(inboxes: Inboxes, arrivals: Arrivals, goesOn: () => boolean): Promise<number> {
  const times: number[] = [];
  while (times.length < sends && goesOn()) times.push(await arrive(inboxes, arrivals));
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}
