import { createSqliteStore } from "@shoal/server";
import { expect, test } from "vitest";
import { preparePostgres } from "../durability/kinds.ts";
import { chance, Random } from "../durability/random.ts";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { hasPostgres } from "../support/postgres.ts";
import { auditTallies, effectsDone } from "./tally-audit.ts";
import { TallyLoad } from "./tally-load.ts";
import { startNode1, startNode2 } from "./tally-node.ts";
import { TallyProcess } from "./tally-process.ts";

test.skipIf(!hasPostgres)(
  `Two nodes that are deployed under load, forward, back and forward, keep every command once (SHOAL_SEED=${chance})`,
  async () => {
    await using places = await preparePostgres();
    await using processes = new AsyncDisposableStack();
    const at = places.next();
    const start = async (version: 1 | 2) => processes.use(await TallyProcess.start(version, at));
    const load = new TallyLoad(new Random(chance));
    let [left, right] = [await start(1), await start(1)];
    const deploy = async (side: "left" | "right", version: 1 | 2) => {
      const before = side === "left" ? left : right;
      const node = await start(version);
      if (side === "left") left = node;
      else right = node;
      load.nodes = [left, right];
      await before.stop();
    };
    load.nodes = [left, right];
    load.begin();
    await load.more(60);
    await deploy("left", 2);
    load.pages = [1, 2];
    await load.more(60);
    await deploy("right", 2);
    await load.more(60);
    await deploy("left", 1);
    await load.more(60);
    await deploy("right", 1);

    // Every tally has been written to by the second version. Both nodes leave it alone, and go on with what is new.
    for (const node of load.nodes) {
      for (const version of [1, undefined]) {
        expect(await node.send("add", { tallyId: "north", by: 1, version })).toEqual({ code: "SERVICE_UNAVAILABLE" });
        expect(await node.watch({ tallyId: "north", version })).toBe("SERVICE_UNAVAILABLE");
      }
      const fresh = { tallyId: `new on ${node.version} ${load.nodes.indexOf(node)}`, by: 1, version: 1 };
      expect(await node.send("add", fresh)).toEqual({ outcome: { ok: true, offset: 1, result: { sum: 1 } } });
      expect(await node.watch({ tallyId: fresh.tallyId, version: 1 })).toBe("snapshot");
    }

    await deploy("left", 2);
    await load.more(60);
    await right.kill();
    right = await start(2);
    load.nodes = [left, right];
    await load.more(60);
    await load.finish();
    await effectsDone(at);
    const totals = await auditTallies(at, load);
    for (const [tallyId, total] of totals) {
      for (const node of load.nodes) {
        const input = { tallyId, amount: 0, version: 2, commandId: `last on ${load.nodes.indexOf(node)}` };
        expect(await node.send("add", input)).toMatchObject({ outcome: { ok: true, result: { total } } });
      }
    }
  },
  180_000,
);

test("One file that is served by the second version, by the first and by the second again loses nothing", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("shoal.db");
  const serve1 = () => withStore(path, (store) => startNode1({ store }));
  const serve2 = () => withStore(path, (store) => startNode2({ store }));
  {
    await using at = serve1();
    for (const tallyId of ["home", "hall"]) await at.node.tally(tallyId).send.add({ by: 1 });
  }
  {
    await using at = serve2();
    expect(await at.node.tally("home").send.add({ amount: 2 })).toMatchObject({ offset: 2, result: { total: 3 } });
    expect(await at.node.tally("hall").state()).toMatchObject({ total: 1 });
  }
  {
    await using at = serve1();
    await expect(at.node.tally("home").send.add({ by: 4 })).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(at.node.tally("home").state()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(await at.node.tally("hall").send.add({ by: 8 })).toMatchObject({ offset: 2, result: { sum: 9 } });
  }
  await using at = serve2();
  expect(await at.node.tally("home").send.add({ amount: 16 })).toMatchObject({ offset: 3, result: { total: 19 } });
  expect(await at.node.tally("hall").send.add({ amount: 32 })).toMatchObject({ offset: 3, result: { total: 41 } });
});

function withStore<N extends AsyncDisposable>(path: string, start: (store: ReturnType<typeof createSqliteStore>) => N) {
  const store = createSqliteStore({ path });
  const node = start(store);
  return {
    node,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await store.close();
    },
  };
}
