import { createMemoryStore } from "@shoal/server";
import { pgExecutor } from "@shoal/server/postgres";
import { expect, test } from "vitest";
import { hasPostgres, openDatabase } from "../support/postgres.ts";
import { postgresStores } from "../support/postgres-stores.ts";
import { createParcels } from "./parcel.ts";

type ParcelHandle = ReturnType<ReturnType<typeof createParcels>["parcel"]>;

/** What each scan found of the scans before it, the newest first. */
async function seen(handle: ParcelHandle) {
  const events = await handle.history({ limit: 200 });
  return events.flatMap((event) => (event.type === "scanned" ? event.data.seen : []));
}

test("A load reads what the timers that were due before it are projected to, and so does the load of each timer", async () => {
  let time = 1_000;
  await using parcels = createParcels({ store: createMemoryStore({ now: () => time }) });
  const handle = parcels.parcel("1");
  await handle.send.plan({ due: [2_000, 2_001, 2_002] });
  time = 3_000;
  expect(await handle.send.count()).toMatchObject({ ok: true, result: { scans: 3 } });
  expect(await seen(handle)).toEqual([2, 1, 0]);
});

test("Commands that load keep their order behind timers that are due", async () => {
  let time = 1_000;
  await using parcels = createParcels({ store: createMemoryStore({ now: () => time }) });
  const handle = parcels.parcel("1");
  await handle.send.plan({ due: [2_000, 2_001] });
  time = 3_000;
  const outcomes = await Promise.all([
    handle.send.count(),
    handle.send.plan({ due: [2_500] }),
    handle.send.count(),
    handle.send.count(),
  ]);
  expect(outcomes).toMatchObject([
    { offset: 3, result: { scans: 2 } },
    { offset: 4 },
    { offset: 5, result: { scans: 3 } },
    { offset: 5, result: { scans: 3 } },
  ]);
});

test("A timer that is due again each time it has fired keeps no load waiting for ever", async () => {
  let time = 1_000;
  await using parcels = createParcels({ store: createMemoryStore({ now: () => time }) });
  const handle = parcels.parcel("1");
  await handle.send.plan({ due: [2_000], again: true });
  time = 2_200;
  const outcome = await handle.send.count();
  expect(outcome.ok && outcome.result.scans).toBeGreaterThanOrEqual(100);
  expect(parcels.logged.errors()).toEqual([]);
});

test.skipIf(!hasPostgres)(
  "A load in the application's transaction reads what its timers are projected to",
  async () => {
    await using database = await openDatabase();
    await using stores = await postgresStores(database.url);
    const client = await stores.connect();
    await using parcels = createParcels({ store: stores.store });
    const handle = parcels.parcel("1");
    await client.query("BEGIN");
    const options = { tx: pgExecutor(client) };
    await handle.send.plan({ due: [1, 2, 3] }, options);
    expect(await handle.send.count({}, options)).toMatchObject({ ok: true, offset: 4, result: { scans: 3 } });
    await client.query("COMMIT");
  },
);
