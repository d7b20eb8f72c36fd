import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createSqliteStore } from "@shoal/server";
import { expect, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { readAll } from "../support/reader.ts";
import { eventually, inTime } from "../support/recorder.ts";
import { addNote, createVolatileApp } from "./volatile-app.ts";

const program = fileURLToPath(new URL("./volatile-process.ts", import.meta.url));
/** How long a process may take to start and do its work, in milliseconds. */
const patience = 20_000;

/** A process on this file that is killed, or kills itself. @returns where its counter was */
async function liveAndDie(path: string, failpoint?: string): Promise<string | undefined> {
  const child = spawn(process.execPath, ["--conditions=@shoal/source", program, path], {
    env: { ...process.env, ...(failpoint !== undefined && { SHOAL_FAILPOINT: failpoint }) },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const gone = once(child, "exit");
  try {
    if (failpoint !== undefined) return void (await inTime(gone, "its death", patience));
    const [position] = await inTime(once(child, "message"), "its position", patience);
    return position as string;
  } finally {
    child.kill("SIGKILL");
    expect(await inTime(gone, "its death", patience)).toEqual([null, "SIGKILL"]);
  }
}

test("After a SQLite server was killed, what is not durable begins anew for those who come back, and what is durable is whole", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("shoal.db");
  const lastEventId = await liveAndDie(path);
  await using app = createVolatileApp({ store: createSqliteStore({ path }) });
  expect(await app.journal("home").state()).toEqual({ notes: [addNote, "kept"] });
  const seen = readAll(await app.as("ann").counter.watch({ counterId: "attic", lastEventId }));
  const [first] = await seen.frames.count(1);
  expect(first?.frame).toMatchObject({ kind: "snapshot", reason: "epoch", offset: 0, state: { added: [] } });
  expect(lastEventId).not.toContain(first?.position.epoch);
  expect(await app.counter("attic").send.add({ by: 1 })).toMatchObject({ ok: true, offset: 1 });
  await seen.end();
}, 60_000);

test("An effect that a SQLite server left behind when it was killed runs once, on a topic that begins anew", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("shoal.db");
  await liveAndDie(path, "after-commit");
  const store = createSqliteStore({ path });
  await using app = createVolatileApp({ store });
  await app.realtime.open();
  await eventually(async () => (await store.look(null)).effects.length === 0, "no effect is left");
  expect(await app.counter("home").state()).toEqual({ added: [1] });
  expect(await app.journal("home").state()).toEqual({ notes: [addNote] });
}, 60_000);
