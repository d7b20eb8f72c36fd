import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { MailingProgress } from "@shoal/server/notifications";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { inTime } from "../support/recorder.ts";
import { createNotifications, follow, laterByEmail, numbered } from "./notifications-app.ts";

const program = fileURLToPath(new URL("./notifications-process.ts", import.meta.url));
const recipients = 20_000;

/** How long a life, and what is left after the last one, may take, in milliseconds. */
const patience = 60_000;

/** Sends to all in a process that is killed once so many have it. @returns what it told last */
async function sendAndDie(at: StoreAt, sent: number): Promise<MailingProgress> {
  const child = spawn(
    process.execPath,
    ["--conditions=@shoal/source", program, JSON.stringify(at), String(recipients)],
    {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const death = once(child, "exit");
  let last: MailingProgress | undefined;
  child.on("message", (progress: MailingProgress) => {
    last = progress;
    if (progress.sent >= sent) child.kill("SIGKILL");
  });
  try {
    expect(await inTime(death, "its death", patience)).toEqual([null, "SIGKILL"]);
  } finally {
    child.kill("SIGKILL");
  }
  if (!last) throw new Error("It told nothing.");
  return last;
}

/** How many notifications are stored, when nobody sends any. */
async function countStored(at: StoreAt): Promise<number> {
  const store = openAt(at);
  await store.open();
  try {
    const { rows } = await store.sql.query("SELECT count(*) AS items FROM notification", []);
    return Number(rows[0]?.items);
  } finally {
    await store.close();
  }
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here).concurrent(`On ${name}, what is sent to ${recipients} users`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    test("comes to each once, though the server is killed in the middle, and again", async () => {
      const at = await apart(places.next());
      const first = await sendAndDie(at, 5_000);
      expect(first).toMatchObject({ status: "sending", total: recipients });
      const second = await sendAndDie(at, 12_000);
      expect(second).toMatchObject({ id: first.id, status: "sending", total: recipients });
      const arrived = await countStored(at);
      expect(arrived).toBeGreaterThanOrEqual(second.sent);
      expect(arrived).toBeLessThan(recipients);
      await using app = createNotifications({ store: openAt(at), after: laterByEmail });
      await app.realtime.open();
      const told = await inTime(follow(app, first.id), "the end of the mailing", patience);
      expect(told.at(-1)).toEqual({ id: first.id, status: "done", total: recipients, sent: recipients });
      expect(await app.itemsByUser()).toEqual(new Map(numbered(recipients).map((userId) => [userId, 1])));
      expect(await app.waiting()).toEqual([0, 0]);
      expect((await app.store.look(null)).effects).toEqual([]);
      const { counts, items } = await app.inboxOf("user-19999").state();
      expect([counts.total, counts.unread, items.length]).toEqual([1, 1, 1]);
    }, 180_000);
  });
}
