import assert from "node:assert/strict";
import type { AlertEntry } from "@shoal/contract/dashboards";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { effectsRun, tablesWith } from "../erasure/search.ts";
import { type AlertsApp, createAlerts } from "./alerts-app.ts";

async function readAll(app: AlertsApp, limit: number): Promise<readonly AlertEntry[]> {
  const read: AlertEntry[] = [];
  let cursor: number | null | undefined;
  while (cursor !== null) {
    const page = await app.as("ann").opsAlerts.history({ limit, ...(cursor !== undefined && { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    read.push(...page.items);
    cursor = page.nextCursor;
  }
  return read;
}

/** An alert that fires, is acknowledged by somebody, and is over. */
async function goThrough(app: AlertsApp, userId: string): Promise<void> {
  await app.cross("loaded", true);
  const [alert] = (await app.hand.state()).alerts;
  assert(alert);
  await app.as(userId).opsAlerts.acknowledge({ id: alert.id, note: `seen by ${userId}` });
  await app.cross("loaded", false);
}

const toLines = (entries: readonly AlertEntry[]) => entries.map(({ what, by }) => (by ? `${what} ${by.id}` : what));

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name},`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    test("the history tells what fired, was acknowledged and was resolved, newest first, in pages of any size", async () => {
      await using app = createAlerts({ store: openAt(await apart(places.next())) });
      for (let round = 0; round < 30; round += 1) {
        await app.cross("hot", true, { key: '["a"]' });
        await app.cross("hot", false, { key: '["a"]' });
        if (round % 3 === 0) await goThrough(app, round % 2 === 0 ? "ann" : "ben");
      }
      const all = await readAll(app, 100);
      const round = (who: string) => ["resolved", `acknowledged ${who}`, "fired"];
      const twice = [...round("ben"), ...round("ann")];
      expect(toLines(all)).toEqual([...twice, ...twice, ...twice, ...twice, ...twice]);
      expect(all[0]).toMatchObject({
        rule: "loaded",
        key: "",
        title: "Too much to do",
        severity: "critical",
        value: 1,
      });
      expect(all[1]).toMatchObject({ by: { id: "ben", name: "BEN" }, note: "seen by ben", value: null });
      for (const limit of [1, 7]) expect(await readAll(app, limit)).toEqual(all);
      expect(await app.as("ann").opsAlerts.history({ cursor: 1 })).toEqual({ items: [], nextCursor: null });
      expect((await app.as("ann").opsAlerts.history({ cursor: 1_000_000 })).items).toEqual(all.slice(0, 50));
      await expect(app.as("ann").opsAlerts.history({ limit: 101 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
      await expect(app.as(null).opsAlerts.history({})).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    });

    test("the history ends where the log does that is kept", async () => {
      await using app = createAlerts({ store: openAt(await apart(places.next())), retention: { events: 20 } });
      for (let round = 0; round < 110; round += 1) {
        await goThrough(app, "ann");
        if (round > 90) await effectsRun(app.store);
      }
      await app.realtime.sweep();
      const { items, nextCursor } = await app.as("ann").opsAlerts.history({});
      // Of five events of a round, two tell the application; and what is behind the last snapshot, of the 500th event, is kept.
      expect(items).toHaveLength(30);
      expect(nextCursor === null || (await readAll(app, 50)).length === items.length).toBe(true);
      expect((await app.hand.state()).alerts).toHaveLength(50);
    }, 30_000);

    test("a user who is erased is named by no alert and no entry any more, and what fired stays told", async () => {
      const at = await apart(places.next());
      await using app = createAlerts({ store: openAt(at) });
      const gone = "ben-1815";
      await goThrough(app, gone);
      await goThrough(app, "ann");
      await app.cross("loaded", true);
      await app.as(gone).opsAlerts.acknowledge({ id: (await app.hand.state()).alerts[0]?.id ?? "" });
      await effectsRun(app.store);
      expect(await tablesWith(at, gone)).not.toEqual([]);
      expect(await app.realtime.eraseUser(gone)).toMatchObject({ topics: 1, events: 2, unhandled: [] });
      await app.realtime.sweep();
      expect(await tablesWith(at, gone)).toEqual([]);
      const nobody = { by: { id: "", name: "" }, note: "" };
      expect((await app.hand.state()).alerts).toMatchObject([
        { phase: "firing", acknowledged: nobody },
        { phase: "resolved", acknowledged: { by: { id: "ann" } } },
        { phase: "resolved", acknowledged: nobody },
      ]);
      expect(toLines(await readAll(app, 2))).toEqual([
        "fired",
        "resolved",
        "acknowledged ann",
        "fired",
        "resolved",
        "fired",
      ]);
      expect(await app.realtime.eraseUser(gone)).toEqual({ topics: 0, events: 0, unhandled: [] });
    });
  });
}
