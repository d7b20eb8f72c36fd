import { type Broker, createMemoryHub } from "@shoal/server";
import { expect } from "vitest";
import { type StartOptions, startApp } from "../../../support/app.ts";
import { collectGarbage } from "../../../support/collect-garbage.ts";
import { connectBySocket, follow } from "../../../support/connect.ts";
import { eventually } from "../../../support/recorder.ts";
import { openPeer } from "./peer.ts";

const watched = { counterId: "watched by the witness" };

/** How much more than at the beginning may be held at the end, in bytes: code that was compiled, and what tests recorded. */
const slackBytes = 16 * 1024 * 1024;

/**
 * An application that is attacked, and a witness: a stock client that watches a topic all the time. After each attack
 * `unharmed` looks whether the witness is served as ever, so is one who comes now, and nothing is left of the attacker.
 */
export async function startWorld(options: StartOptions = {}) {
  const held = new Set<string>();
  const app = await startApp({ idleMs: 1, broker: telling(held), ...options });
  const witness = connectBySocket(app, "witness");
  const { frames } = follow(witness.trpc.counter.watch, watched);
  await frames.count(2);
  /** How many the server has beside that of the witness. */
  const connections = () =>
    new Promise<number>((resolve) => app.handle.server.getConnections((_error, count) => resolve(count - 1)));
  const resources = countResources();
  const topics = [...held];
  /** What is there beside the witness. */
  const left = async () => ({
    connections: await connections(),
    sockets: app.handle.sockets.size - 1,
    topics: [...held].filter((topic) => !topics.includes(topic)),
    resources: [...countResources()].filter(([kind, count]) => count > (resources.get(kind) ?? 0)),
  });
  let heap = 0;
  let offset = 0;
  return {
    app,
    port: app.handle.port,
    open: (query?: string) => openPeer(app.handle.port, query),
    connections,
    /** The sum that Ann's commands have made of a counter. */
    sumOf: async (counterId: string) => (await app.as("ann").counter.sum({ counterId })).sum,
    async unharmed(): Promise<void> {
      expect(app.logged.items.splice(0).filter(({ level }) => level === "error")).toEqual([]);
      offset += 1;
      await using newcomer = connectBySocket(app, "newcomer");
      expect(await newcomer.trpc.counter.add.mutate({ ...watched, by: 1 })).toMatchObject({ ok: true, offset });
      const { data } = await frames.first(({ data }) => data.kind === "events" && data.from === offset);
      expect(data).toMatchObject({ from: offset, to: offset });
      await newcomer[Symbol.asyncDispose]();
      await untilEqual(left, { connections: 0, sockets: 0, topics: [], resources: [] });
      heap ||= heapBytes();
    },
    /** To be called last: no more is held than after the first attack. */
    async expectNoGrowth(): Promise<void> {
      await eventually(() => heapBytes() < heap + slackBytes, "no more is held than after the first attack");
    },
    async [Symbol.asyncDispose]() {
      await witness[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** No attack may bring to light where the server's code lies. */
export function expectNoInside(text: string): void {
  expect(text).not.toMatch(/\.[cm]?[jt]s:\d+|node_modules|Something failed/);
}

/** A broker that tells which topics its node holds. */
function telling(held: Set<string>): Broker {
  const broker = createMemoryHub()();
  return {
    ...broker,
    subscribe(topicId, listener) {
      held.add(topicId);
      const release = broker.subscribe(topicId, listener);
      return () => {
        held.delete(topicId);
        release();
      };
    },
  };
}

/** How many handles and timers keep this process alive, by kind. */
function countResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

async function untilEqual<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  const isSo = async () => JSON.stringify(await look()) === JSON.stringify(wanted);
  await eventually(isSo, "nothing is left").catch(() => {});
  expect(await look()).toEqual(wanted);
}

function heapBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
