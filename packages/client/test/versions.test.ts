import { defineChannel, type ShoalError } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createClient } from "../src/client.ts";
import { onOwnNetwork } from "./support/on-own-network.ts";
import { until } from "./support/until.ts";

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const home = { noteId: "home" };

/** A note in a version of one's choice. From version 2 on its text has at least two letters, and an older one is doubled. */
function noteOf(version: number) {
  const text = z.string().min(version === 1 ? 1 : 2);
  return defineChannel(
    "note",
    {
      version,
      params: z.object({ noteId: z.string() }),
      state: z.object({ text: z.string() }),
      events: { written: z.object({ text }) },
      commands: { write: { input: z.object({ text }) }, open: { input: z.object({ text }), creates: true } },
    },
    {
      initial: () => ({ text: "" }),
      apply: { written: (_state, { text }) => ({ text }) },
      migrate: {
        events: { written: "same" },
        state: "same",
        commands: { write: ({ text }) => ({ text: text.repeat(2) }), open: "same" },
      },
    },
  );
}

/** A server of one version of the note. Its store outlives it. */
async function startServer(version: number, { port = 0, store = createMemoryStore() } = {}) {
  const t = initTRPC.create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: () => ({ id: "ann" }) });
  const served = serveChannel(noteOf(version), {
    mint: { open: ({ id }) => ({ noteId: id }) },
    commands: { write: ({ input, emit }) => emit("written", input), open: ({ input, emit }) => emit("written", input) },
  });
  const realtime = createRealtime({ channels: [served], store, logger: silent, drainSpreadMs: 0 });
  const router = t.router({ realtime: realtime.router });
  const handle = await serve({ router, port, createContext: () => ({}) });
  const close = async () => {
    await handle.close();
    await realtime.close();
  };
  return { url: `${handle.url}/trpc`, port: handle.port, close, [Symbol.asyncDispose]: close };
}

/** A page with a version of the note. */
function open(url: string, version: number) {
  const told: ShoalError[] = [];
  const onOutdated = (error: ShoalError) => void told.push(error);
  return Object.assign(
    onOwnNetwork((WebSocket) => createClient({ url, channels: [noteOf(version)], onOutdated, WebSocket })),
    { told },
  );
}

describe("a client", () => {
  test("says with each watch and each command which version of the channel it has", async () => {
    await using server = await startServer(3);
    await using page = open(server.url, 3);
    const topic = page.note(home);
    await until(topic, ({ status }) => status === "live");
    await topic.send.write({ text: "hi" });
    await page.note.send.open({ text: "hi" });
    for (const procedure of ["watch", "write", "open"]) {
      expect(page.network.inputs(`realtime.note.${procedure}`)).toMatchObject([{ version: 3 }]);
    }
    expect(page.told).toEqual([]);
  });

  test("that is outdated shows it in its topics, is told once, and its last command is not lost", async () => {
    await using server = await startServer(2);
    await using page = open(server.url, 1);
    const [topic, other] = [page.note(home), page.note({ noteId: "other" })];
    const { error } = await until(topic, ({ status }) => status === "failed");
    expect(error).toMatchObject({ name: "ShoalError", code: "OUTDATED" });
    await until(other, ({ status }) => status === "failed");
    expect(await topic.send.write({ text: "a" })).toEqual({ ok: true, offset: 1 });
    await using reloaded = open(server.url, 2);
    expect(await until(reloaded.note(home), ({ status }) => status === "live")).toMatchObject({
      state: { text: "aa" },
    });
    expect(page.told).toEqual([error]);
    expect(reloaded.told).toEqual([]);
  });

  test("that is outdated is told by a command that does not fit any more", async () => {
    await using server = await startServer(2);
    await using page = open(server.url, 1);
    await expect(page.note.send.open({ text: "a" })).rejects.toMatchObject({ code: "OUTDATED" });
    expect(page.told).toMatchObject([{ code: "OUTDATED" }]);
  });

  test("that is newer than its server waits for one that knows its version", async () => {
    const store = createMemoryStore();
    const before = await startServer(1, { store });
    await using page = open(before.url, 2);
    const topic = page.note(home);
    const { error } = await until(topic, ({ status }) => status === "reconnecting");
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    const written = topic.send.write({ text: "hi" });
    const stay = topic.subscribe(() => {});
    await before.close();
    await using _after = await startServer(2, { port: before.port });
    await until(topic, ({ status }) => status === "live");
    expect(await written).toMatchObject({ ok: true });
    stay();
    expect(page.told).toEqual([]);
  });
});
