import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, system } from "@shoal/server";
import { applyWSSHandler, type SocketLimits } from "@shoal/server/ws";
import { initTRPC } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import * as z from "zod";
import { quiet } from "../../../support/quiet.ts";
import { openRawSocket } from "../../../support/raw-socket.ts";
import { Recorder } from "../../../support/recorder.ts";
import { listen } from "./listen.ts";

const blob = defineChannel(
  "blob",
  {
    params: z.object({ blobId: z.string() }),
    state: z.object({ count: z.int(), last: z.string() }),
    events: { put: z.object({ text: z.string() }) },
    commands: { put: { input: z.object({ text: z.string() }) } },
  },
  {
    initial: () => ({ count: 0, last: "" }),
    apply: { put: ({ count }, { text }) => ({ count: count + 1, last: text }) },
  },
);

/** A channel whose frames and states are as large as one likes, and a stream without end, behind Shoal's handler. */
export async function startBlobs(limits: SocketLimits) {
  const t = initTRPC.context<{ user: { id: string } }>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const served = serveChannel(blob, { commands: { put: ({ input, emit }) => emit("put", input) } });
  const realtime = createRealtime({ channels: [served], store: createMemoryStore(), logger: quiet });
  const pulled = { count: 0 };
  const emits = new Recorder<(value: string) => void>();
  const router = t.router({
    realtime: realtime.router,
    endless: t.procedure.subscription(async function* () {
      for (;;) {
        pulled.count += 1;
        yield "a".repeat(50_000);
      }
    }),
    observed: t.procedure.subscription(() =>
      observable<string>((observer) => emits.push((value) => observer.next(value))),
    ),
  });
  const peak = { bytes: 0 };
  const listening = await listen((wss) => {
    wss.on("connection", (_client, { socket }) => {
      const write = socket.write.bind(socket);
      socket.write = ((chunk: Buffer, ...rest: []) => {
        const taken = write(chunk, ...rest);
        peak.bytes = Math.max(peak.bytes, socket.writableLength);
        return taken;
      }) as typeof socket.write;
    });
    return applyWSSHandler({ wss, router, createContext: () => ({ user: { id: "ann" } }), ...limits });
  });
  const { [Symbol.asyncDispose]: close, ...rest } = listening;
  return {
    ...rest,
    /** The most that any connection had to write at a time. */
    peak,
    pulled,
    realtime,
    emits,
    put: (blobId: string, text: string) => realtime.topic(blob, { blobId }).as(system).send.put({ text }),
    async [Symbol.asyncDispose]() {
      await close();
      await realtime.close();
    },
  };
}

export type Blobs = Awaited<ReturnType<typeof startBlobs>>;

/** A client of the blobs, and its connection as the server holds it. */
export async function openBlobs(app: Blobs) {
  const socket = await openRawSocket(app);
  const onServer = [...app.wss.clients].at(-1);
  if (!onServer) throw new Error("There is no connection.");
  return {
    ...socket,
    onServer,
    subscribe: (id: number, path: string, input: object = {}) =>
      socket.send(JSON.stringify({ id, method: "subscription", params: { path, input } })),
    watch(id: number, blobId: string) {
      this.subscribe(id, "realtime.blob.watch", { blobId });
    },
  };
}
