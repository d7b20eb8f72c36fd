import { alternate } from "./support/measure.ts";
import { figureOf, printRatios } from "./support/ratios.ts";
import { printJson } from "./support/report.ts";
import { pinning } from "./support/worker.ts";
import { type ContenderName, contenders } from "./wire/contenders.ts";
import { Pair, type Publishing } from "./wire/pair.ts";

/** The server's CPU for one event to one of a thousand subscribers, each over a connection of its own. */
const subscribers = 1_000;
const rounds = 7;
const one: Publishing = { ticks: 20, events: 1, gapMs: 15 };
const ten: Publishing = { ticks: 5, events: 10, gapMs: 60 };
const sockets = ["naive", "shared", "socketIo", "trpc", "shoal"] as const;
/** Beside what one write a tick costs at least. */
const joining = ["naive", "shared", "joined", "socketIo", "trpc", "shoal"] as const;
const streams = ["trpcSse", "shoalSse"] as const;
const { shared, joined, trpc, shoal, trpcSse, shoalSse } = contenders;

const pairs = new Map<ContenderName, Pair>();

async function measure(title: string, names: readonly ContenderName[], publishing: Publishing, columns: string[]) {
  const running = [...pairs].filter(([name]) => names.includes(name));
  const figures = await alternate(
    running.map(([name, pair]) => ({
      name: contenders[name],
      run: async () => {
        let deliveries = 0;
        const cpu = await pair.cpuOf(async () => {
          deliveries = await pair.publish(publishing);
        });
        return cpu / deliveries;
      },
    })),
    rounds,
  );
  printRatios(title, "µs of CPU a delivery", figures, columns);
  return (name: string) => figureOf(figures, name);
}

try {
  for (const name of [...joining, ...streams]) {
    const pair = await Pair.start(name);
    pairs.set(name, pair);
    await pair.subscribe(subscribers);
  }
  console.log(`${subscribers} subscribers, 200 bytes an event, ${pinning}`);
  console.log("Shoal commits each event and serves a watch; tRPC serves an async generator over an EventEmitter");
  const burst1 = await measure("One event a tick", sockets, one, [shared, trpc]);
  const burst10 = await measure("Ten events a tick, which a watch sends in one frame", joining, ten, [
    shared,
    joined,
    trpc,
  ]);
  const sse = await measure("One event a tick over SSE", streams, one, [trpcSse]);
  printJson({
    burst1VsShared: burst1(shoal) / burst1(shared),
    burst1VsTrpc: burst1(trpc) / burst1(shoal),
    burst10VsShared: burst10(shoal) / burst10(shared),
    burst10VsTrpc: burst10(trpc) / burst10(shoal),
    sseVsTrpc: sse(trpcSse) / sse(shoalSse),
  });
} finally {
  await Promise.all([...pairs.values()].map((pair) => pair.end()));
}
