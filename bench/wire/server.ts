import { setTimeout as delay } from "node:timers/promises";
import { answer } from "../support/worker.ts";
import type { ContenderName } from "./contenders.ts";
import { joinedHost, naiveHost, sharedHost } from "./hosts/bare.ts";
import { type Host, portOf } from "./hosts/host.ts";
import { socketIoHost } from "./hosts/socket-io.ts";
import { trpcHost, trpcSseHost } from "./hosts/trpc.ts";
import { shoalHost, shoalSseHost } from "./hosts/watch.ts";
import type { Publishing } from "./pair.ts";

const hosts: Readonly<Record<ContenderName, () => Promise<Host>>> = {
  naive: naiveHost,
  shared: sharedHost,
  joined: joinedHost,
  socketIo: socketIoHost,
  trpc: trpcHost,
  shoal: shoalHost,
  trpcSse: trpcSseHost,
  shoalSse: shoalSseHost,
};

const { server, publish } = await hosts[process.argv[2] as ContenderName]();

answer({
  port: () => portOf(server),
  /** Microseconds of CPU that this process has used. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  async publish({ ticks, events, gapMs }: Publishing) {
    for (let tick = 0; tick < ticks; tick += 1) {
      await publish(events);
      await delay(gapMs);
    }
  },
  connections: () =>
    new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count)))),
  /** Bytes of resident memory, with no garbage in it. */
  async rss() {
    for (let turn = 0; turn < 4; turn += 1) {
      globalThis.gc?.();
      await delay(100);
    }
    return process.memoryUsage.rss();
  },
});
