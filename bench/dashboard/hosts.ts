import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";
import { frameOf } from "../wire/hosts/bare.ts";
import { listen } from "../wire/hosts/host.ts";
import { measure, metricNames, stepMs, steps, updateMs } from "./measured.ts";

/** A contender's server. */
export interface Host {
  readonly server: ReturnType<typeof createServer>;
  /** Called before a round, which is measured: what was idle begins. */
  begin?(): Promise<void>;
  /** Measures so many times, at its pace, and sends it to all who watch. @returns the number of the last update, and how often was measured */
  publish(updates: number): Promise<{ readonly update: number; readonly measured: number }>;
}

/** What a hand-written endpoint keeps: the current values, and of each metric the values of the window. */
class Snapshot {
  current: Record<string, number> = {};
  readonly #at: number[] = [];
  readonly #window = new Map(metricNames.map((name) => [name, [] as number[]]));

  constructor() {
    for (let step = 0; step < steps; step += 1) this.take(measure(0), Date.now() - (steps - step) * stepMs);
  }

  take(values: Record<string, number>, at: number): void {
    const step = Math.floor(at / stepMs) * stepMs;
    const isNew = this.#at.at(-1) !== step;
    if (isNew) this.#at.push(step);
    if (this.#at.length > steps) this.#at.shift();
    for (const [name, values_] of this.#window) {
      if (isNew) values_.push(values[name] ?? 0);
      else values_[values_.length - 1] = values[name] ?? 0;
      if (values_.length > steps) values_.shift();
    }
    this.current = values;
  }

  toText(): string {
    return JSON.stringify({ current: this.current, at: this.#at, window: Object.fromEntries(this.#window) });
  }
}

/** So many viewers are sent a snapshot at a time, or what waits for them would fill the memory. */
const wave = 50;

/** The whole window to every viewer, whenever something changed: as text that is made for each, or once. */
export const snapshotHost = (isMadeOnce: boolean) => async (): Promise<Host> => {
  const server = createServer();
  const wss = new WebSocketServer({ server });
  const snapshot = new Snapshot();
  let update = 0;
  return {
    server: await listen(server),
    async publish(updates) {
      for (let turn = 0; turn < updates; turn += 1) {
        update += 1;
        snapshot.take(measure(update), Date.now());
        const made = isMadeOnce ? snapshot.toText() : undefined;
        const clients = [...wss.clients];
        while (clients.length > 0) {
          await Promise.all(clients.splice(0, wave).map((client) => send(client, made ?? snapshot.toText())));
        }
      }
      return { update, measured: updates };
    },
  };
};

function send(client: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => client.send(text, (error) => (error ? reject(error) : resolve())));
}

/** The least that can be sent: the values that changed, in one frame for all. */
export async function sharedHost(): Promise<Host> {
  const server = createServer();
  const wss = new WebSocketServer({ server });
  const sockets = new Set<Duplex>();
  wss.on("connection", (client, { socket }) => {
    sockets.add(socket);
    client.on("close", () => sockets.delete(socket));
  });
  let update = 0;
  return {
    server: await listen(server),
    async publish(updates) {
      for (let turn = 0; turn < updates; turn += 1) {
        update += 1;
        const frame = frameOf(JSON.stringify({ values: measure(update), at: Date.now() }));
        for (const socket of sockets) socket.write(frame);
        await delay(updateMs);
      }
      return { update, measured: updates };
    },
  };
}
