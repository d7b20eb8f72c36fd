import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { consoleLogger, createMemoryStore, initRealtime } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { z } from "zod";

/** What each event has to say, in bytes. */
export const posterBytes = 50_000;
/** Of the posters in one place the last one is seen: so many are in a snapshot. */
const places = 8;

const poster = z.object({ place: z.string(), text: z.string() });
const definition = defineChannel(
  "wall",
  {
    params: z.object({}),
    state: z.object({ posters: z.record(z.string(), z.string()) }),
    events: { hung: poster },
    commands: { hang: { input: poster } },
  },
  {
    initial: () => ({ posters: {} }),
    apply: { hung: ({ posters }, { place, text }) => ({ posters: { ...posters, [place]: text } }) },
  },
);

interface Wall extends TypesOf<typeof definition> {}

const wall: Channel<Wall> = definition;

/** Microseconds by the machine's clock, which all its processes have in common. */
export const nowMicros = (): number => Number(process.hrtime.bigint() / 1_000n);

const mark = '"text":"';
const digits = 16;

/** Calls `found` with the time at which each event in a text of JSON was published. */
export function findTimes(json: Buffer, found: (micros: number) => void): void {
  let at = json.indexOf(mark);
  while (at !== -1) {
    const start = at + mark.length;
    found(Number(json.toString("latin1", start, start + digits)));
    at = json.indexOf(mark, start + posterBytes);
  }
}

/** A wall, of which what waits for a slow reader is conflated or not. */
export function serveWall(conflated: boolean) {
  const t = initTRPC.context<object>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: () => ({ id: "reader" }) });
  const walls = serveChannel(wall, {
    // What is kept for those who come back has nothing to do with who is slow.
    retention: { events: 10 },
    ...(conflated && { conflate: ({ data }) => data.place }),
    commands: { hang: ({ input, emit }) => emit("hung", input) },
  });
  const quiet = () => {};
  const logger = { ...consoleLogger, info: quiet, warn: quiet };
  const realtime = createRealtime({ channels: [walls], store: createMemoryStore(), logger, ring: 10 });
  const topic = realtime.topic(wall, {}).as({ id: "publisher" });
  let hung = 0;
  return {
    router: t.router({ realtime: realtime.router }),
    /** Commits so many events in one turn of the event loop. @returns the offset of the last one */
    async publish(events: number): Promise<number> {
      const outcomes = await Promise.all(
        Array.from({ length: events }, () => {
          hung += 1;
          const text = String(nowMicros()).padStart(digits, "0").padEnd(posterBytes, "x");
          return topic.send.hang({ place: `place ${hung % places}`, text });
        }),
      );
      return Math.max(...outcomes.map(({ offset }) => offset));
    },
    sweep: () => realtime.sweep(),
  };
}
