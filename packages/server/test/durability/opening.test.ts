import { ShoalError } from "@shoal/contract";
import { createSqliteStore, type Store } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { createLedgers } from "./ledger-app.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { wrapStore } from "./wrap-store.ts";

/** The same store, one method of which fails the first time. */
function failingOnce(store: Store, method: "look" | "load"): Store {
  let failed = false;
  const fail = () => {
    if (failed) return;
    failed = true;
    throw new ShoalError("SERVICE_UNAVAILABLE", "The store is away.");
  };
  return wrapStore(store, {
    async look(mark) {
      if (method === "look") fail();
      return await store.look(mark);
    },
    async load(topic) {
      if (method === "load") fail();
      return await store.load(topic);
    },
  });
}

describe("A server whose store is away at first", () => {
  test.each(["look", "load"] as const)("works with the next use, after a failed %s", async (method) => {
    await using folder = await temporaryFolder();
    const store = failingOnce(createSqliteStore({ path: folder.file("shoal.db") }), method);
    await using ledgers = createLedgers({ store });
    const sent = { ledgerId: "north", entry: 1, commandId: "c1" };
    await expect(ledgers.as("ann").note(sent)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(await ledgers.as("ann").note(sent)).toMatchObject({ ok: true, offset: 1 });
    await ledgers.realtime.close();
    await using again = createLedgers({ store: createSqliteStore({ path: folder.file("shoal.db") }) });
    expect(await again.ledger("north").state()).toMatchObject({ count: 1 });
  });
});

test("A server may be told to sweep before it is used", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("shoal.db");
  const options = { snapshotEvery: 1, retention: { events: 1 } };
  {
    await using ledgers = createLedgers({ ...options, store: createSqliteStore({ path }) });
    for (let entry = 1; entry <= 3; entry += 1) await ledgers.as("ann").note({ ledgerId: "north", entry });
  }
  await using ledgers = createLedgers({ ...options, store: createSqliteStore({ path }) });
  await ledgers.realtime.sweep();
  expect(ledgers.logged.items).toEqual([]);
  expect(await ledgers.ledger("north").history({ limit: 10 })).toHaveLength(1);
});
