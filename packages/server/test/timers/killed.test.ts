import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createSqliteStore } from "@shoal/server";
import { expect, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { eventually, inTime } from "../support/recorder.ts";
import { createReminders, ringsIn } from "./reminders-app.ts";

const ringer = fileURLToPath(new URL("./ringer.ts", import.meta.url));
/** How long a process may take to start and die, in milliseconds. */
const patience = 20_000;

function startRinger(path: string, failpoint: string) {
  const env = { ...process.env, SHOAL_FAILPOINT: failpoint };
  const child = spawn(process.execPath, ["--conditions=@shoal/source", ringer, path], {
    env,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const exited = once(child, "exit");
  return {
    exited,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

test.each(["before-commit", "after-commit", "before-publish"])(
  "A timer rings once though the server that fires it dies %s",
  async (failpoint) => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    {
      await using app = createReminders({ store: createSqliteStore({ path }), lookMs: 600_000 });
      await app.realtime.open();
      await app.list("home").send.set({ name: "a", at: Date.now() + 300, behaviour: "stay" });
    }
    await using dying = startRinger(path, failpoint);
    expect(await inTime(dying.exited, "its death", patience)).toEqual([null, "SIGKILL"]);
    const store = createSqliteStore({ path });
    await using app = createReminders({ store });
    await app.realtime.open();
    await eventually(async () => (await ringsIn(store, "home")).length > 0, "it rang");
    await app.list("home").send.note();
    expect(await ringsIn(store, "home")).toHaveLength(1);
  },
  30_000,
);
