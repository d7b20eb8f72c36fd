import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createMemoryHub, createMemoryStore, type Store } from "@shoal/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Kind, kinds, type Places } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { shared } from "../support/nodes.ts";
import { eventually, inTime } from "../support/recorder.ts";
import { startDashboardNode } from "./dashboard-node.ts";

const postgres = kinds.find(({ name }) => name === "Postgres") as Kind;
const program = fileURLToPath(new URL("./dashboard-process.ts", import.meta.url));
const patience = 20_000;

type Node = ReturnType<typeof startDashboardNode>;

const valueAt = async (app: Node, node: string) =>
  (await app.state()).series.memory?.[JSON.stringify([node])]?.latest ?? 0;
const shows = (app: Node, node: string, least: number) =>
  eventually(async () => (await valueAt(app, node)) >= least, `what ${node} read is shown`, patience);

/** Both are watched: one of them reads for both, and the other one from when that one has gone. */
async function collectsOnce(a: Node, b: Node): Promise<void> {
  await shows(a, "a", 5);
  await shows(b, "a", 5);
  expect(b.readings.items).toEqual([]);
  await a[Symbol.asyncDispose]();
  const { length } = a.readings.items;
  await shows(b, "b", 5);
  expect(a.readings.items).toHaveLength(length);
}

/** Both read, and what fails on one of them makes nothing stale as long as the other one reads. */
async function collectsOnEach(a: Node, b: Node): Promise<void> {
  for (const node of ["a", "b"]) await Promise.all([shows(a, node, 3), shows(b, node, 3)]);
  a.fault.error = new Error("out of order");
  const { length } = a.readings.items;
  await a.readings.count(length + 3);
  await shows(a, "b", (await valueAt(a, "b")) + 3);
  expect((await a.state()).stale).toEqual({});
  b.fault.error = new Error("out of order, too");
  const isStale = async () => (await a.state()).stale.memory?.reason.startsWith("out of order") === true;
  await eventually(isStale, "it is stale", patience);
  a.fault.error = undefined;
  b.fault.error = undefined;
  await eventually(async () => !(await isStale()), "it is well again", patience);
}

describe("Two nodes on one store and one hub", () => {
  /** The store is memory, and goes with them. */
  const start = (per: "cluster" | "node") => {
    const store = createMemoryStore();
    const hub = createMemoryHub();
    const node = (name: string) => startDashboardNode({ store: shared(store), node: name, per, broker: hub() });
    return { node };
  };

  test("read a source once for both", async () => {
    const { node } = start("cluster");
    const a = node("a");
    await shows(a, "a", 1);
    await using b = node("b");
    await collectsOnce(a, b);
  }, 30_000);

  test("read it each where it says so", async () => {
    const { node } = start("node");
    await using a = node("a");
    await using b = node("b");
    await collectsOnEach(a, b);
  }, 30_000);
});

describe.skipIf(!postgres.here)("Two nodes on one Postgres", () => {
  let places: Places;
  beforeAll(async () => {
    places = await postgres.prepare();
  });
  afterAll(() => places[Symbol.asyncDispose]());
  const opened = (): (() => Store) => {
    const at = places.next();
    return () => openAt(at);
  };

  test("read a source once for both", async () => {
    const open = opened();
    const a = startDashboardNode({ store: open(), node: "a" });
    await shows(a, "a", 1);
    await using b = startDashboardNode({ store: open(), node: "b" });
    await collectsOnce(a, b);
  }, 60_000);

  test("read it each where it says so", async () => {
    const open = opened();
    await using a = startDashboardNode({ store: open(), node: "a", per: "node" });
    await using b = startDashboardNode({ store: open(), node: "b", per: "node" });
    await collectsOnEach(a, b);
  }, 60_000);

  test("go on when the one that reads is killed", async () => {
    const at = places.next();
    const child = spawn(process.execPath, ["--conditions=@shoal/source", program, JSON.stringify(at)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    try {
      await inTime(once(child, "message"), "its first reading", patience);
      await using left = startDashboardNode({ store: openAt(at), node: "left" });
      await shows(left, "killed", 5);
      expect(left.readings.items).toEqual([]);
      child.kill("SIGKILL");
      await shows(left, "left", 5);
    } finally {
      child.kill("SIGKILL");
    }
  }, 60_000);
});
