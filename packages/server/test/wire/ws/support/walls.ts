import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, system } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { quiet } from "../../../support/quiet.ts";

const posters = z.record(z.string(), z.object({ n: z.int(), text: z.string() }));

const schemas = {
  params: z.object({}),
  state: z.object({ posters }),
  events: { hung: z.object({ place: z.string(), n: z.int(), text: z.string() }) },
  commands: { hang: { input: z.object({ place: z.string(), n: z.int(), text: z.string() }) } },
};

interface Hung {
  readonly place: string;
  readonly n: number;
  readonly text: string;
}
type State = z.infer<(typeof schemas)["state"]>;

/** Of the posters in one place the last one is seen. */
export const hang = ({ posters }: State, { place, ...poster }: Hung): State => ({
  posters: { ...posters, [place]: poster },
});

const functions = { initial: () => ({ posters: {} }), apply: { hung: hang } };
const wall = defineChannel("wall", schemas, functions);
const conflatingWall = defineChannel("conflatingWall", schemas, functions);

/** A wall whose posters are each sent, and one whose posters in one place are conflated where they wait. */
export function createWalls() {
  const t = initTRPC.context<object>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: () => ({ id: "ann" }) });
  const realtime = createRealtime({
    channels: [
      serveChannel(wall, { commands: { hang: ({ input, emit }) => emit("hung", input) } }),
      serveChannel(conflatingWall, {
        conflate: ({ data }) => data.place,
        commands: { hang: ({ input, emit }) => emit("hung", input) },
      }),
    ],
    store: createMemoryStore(),
    logger: quiet,
    // What is kept for those who come back is not what is held for a slow reader.
    ring: 10,
  });
  return {
    router: t.router({ realtime: realtime.router }),
    topics: {
      wall: realtime.topic(wall, {}).as(system),
      conflatingWall: realtime.topic(conflatingWall, {}).as(system),
    },
  };
}

export type WallName = keyof ReturnType<typeof createWalls>["topics"];
