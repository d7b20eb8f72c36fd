import { get } from "node:http";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { type Place, type Subscribe, tokenOf } from "./subscriber.ts";
import type { Inbox } from "./tally.ts";

/** Bare `ws`: who connects is subscribed. */
export const subscribeBare: Subscribe = ({ port }, inbox) =>
  new Promise((resolve, reject) => {
    const query = inbox.last > 0 ? `?after=${inbox.last}` : "";
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${query}`);
    socket.on("error", reject);
    socket.on("message", (data: Buffer) => inbox.read(data));
    socket.on("open", () => resolve({ drop: () => socket.terminate() }));
  });

/** A subscription in tRPC's envelope. */
interface Procedure {
  readonly path: string;
  /** What is in the message that opens a new subscription, and in no other one. */
  readonly opened: string;
  /** What is in the one that opens it for who comes back. */
  readonly resumed: string;
}

export const watch: Procedure = {
  path: "realtime.feed.watch",
  opened: '"kind":"snapshot"',
  resumed: '"kind":"resumed"',
};

export const generator: Procedure = { path: "watch", opened: '"type":"opened"', resumed: '"type":"started"' };

export const subscribeTo =
  (procedure: Procedure): Subscribe =>
  ({ port, index }, inbox) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/trpc`, { headers: { authorization: tokenOf(index) } });
      const opening = inbox.message ? procedure.resumed : procedure.opened;
      let opened = false;
      socket.on("error", reject);
      socket.on("message", (data: Buffer) => {
        if (!opened && data.includes(opening)) {
          opened = true;
          resolve({ drop: () => socket.terminate() });
        } else if (data.includes(procedure.opened) || data.includes('"error":')) {
          inbox.fail(`an unexpected message: ${data}`);
        }
        inbox.read(data);
      });
      socket.on("open", () => socket.send(requestOf(procedure, index, inbox)));
    });

/** Clients that were used have each sent another number of requests: their ids are scattered over this many. */
const usedIds = 997;

function requestOf({ path }: Procedure, index: number, inbox: Inbox): string {
  const lastEventId = inbox.message ? positionIn(inbox.message) : undefined;
  const input = { json: { feedId: "news", ...(lastEventId && { lastEventId }) } };
  const id = 1 + ((index * 7_919) % usedIds);
  return JSON.stringify({ id, method: "subscription", params: { path, input } });
}

function positionIn(message: Buffer): string {
  return JSON.parse(message.toString()).result.id;
}

export const subscribeSse =
  ({ path, opened: opening }: Procedure): Subscribe =>
  ({ port, index }, inbox) =>
    new Promise((resolve, reject) => {
      const input = encodeURIComponent(JSON.stringify({ json: { feedId: "news" } }));
      const url = `http://127.0.0.1:${port}/trpc/${path}?input=${input}`;
      const headers = { authorization: tokenOf(index), accept: "text/event-stream" };
      const request = get(url, { agent: false, headers }, (response) => {
        let rest: Buffer = Buffer.alloc(0);
        let opened = false;
        response.on("data", (chunk: Buffer) => {
          const text = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
          const end = text.lastIndexOf("\n") + 1;
          const lines = text.subarray(0, end);
          rest = text.subarray(end);
          if (lines.includes(opening)) {
            if (opened) inbox.fail("it was opened twice");
            opened = true;
            resolve({ drop: () => request.destroy() });
          }
          inbox.read(lines);
        });
      });
      request.on("error", reject);
    });

export const subscribeSocketIo: Subscribe = ({ port }: Place, inbox) =>
  new Promise((resolve, reject) => {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true, reconnection: false });
    socket.on("connect_error", reject);
    socket.on("added", ({ text }: { readonly text: string }) => inbox.take(Number(text.slice(0, 10))));
    socket.on("connect", () => resolve({ drop: () => socket.disconnect() }));
  });
