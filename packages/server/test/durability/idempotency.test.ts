import { createMemoryHub } from "@shoal/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClockedStore } from "./clocked-store.ts";
import { createLedgers, type Ledgers } from "./ledger-app.ts";
import { type Sharing, sharings } from "./sharing.ts";

const north = { ledgerId: "north" };

/** Two servers on the same data, neither of which hears of the other but by the store. */
function createTwo(sharing: Sharing) {
  const [first, second] = sharing.next();
  const servers = {
    first: createLedgers({ store: first, broker: createMemoryHub()() }),
    second: createLedgers({ store: second, broker: createMemoryHub()() }),
  };
  return {
    ...servers,
    async [Symbol.asyncDispose]() {
      await servers.first[Symbol.asyncDispose]();
      await servers.second[Symbol.asyncDispose]();
    },
  };
}

for (const { name, here, prepare } of sharings) {
  describe.skipIf(!here)(`A commandId, to two servers on ${name},`, () => {
    let sharing: Sharing;
    beforeAll(async () => {
      sharing = await prepare();
    }, 60_000);
    afterAll(() => sharing[Symbol.asyncDispose]());

    test("that is sent twenty times at once to two servers is executed once", async () => {
      await using servers = createTwo(sharing);
      const { first, second } = servers;
      const sends = Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? first : second).as("ann").note({ ...north, entry: 5, times: 2, commandId: "c1" }),
      );
      const outcomes = await Promise.all(sends);
      expect(outcomes).toEqual(sends.map(() => ({ ok: true, offset: 2, result: { count: 2 } })));
      await first.as("ben").note({ ...north, entry: 1 });
      expect(await first.ledger("north").state()).toMatchObject({ count: 3, sum: 11 });
    });

    test("gets its rejection again, though the command would now be rejected with more", async () => {
      await using servers = createTwo(sharing);
      const { first, second } = servers;
      const sent = { ...north, entry: -1, commandId: "c1" };
      const rejected = { ok: false, reason: "NEGATIVE", count: 0 };
      expect(await first.as("ann").note(sent)).toEqual(rejected);
      await second.as("ann").note({ ...north, entry: 1 });
      expect(await first.as("ann").note(sent)).toEqual(rejected);
      expect(await second.as("ann").note(sent)).toEqual(rejected);
      expect(await second.as("ann").note({ ...sent, commandId: "c2" })).toEqual({ ...rejected, count: 1 });
    });

    test("with another input is a conflict, and the first one stands", async () => {
      await using servers = createTwo(sharing);
      const { first, second } = servers;
      const sent = { ...north, entry: 5, times: 2, commandId: "c1" };
      const outcome = await first.as("ann").note(sent);
      for (const server of [first, second]) {
        await expect(server.as("ann").note({ ...sent, entry: 6 })).rejects.toMatchObject({ code: "CONFLICT" });
        await expect(server.as("ann").note({ ...sent, times: 3 })).rejects.toMatchObject({ code: "CONFLICT" });
      }
      await expect(first.as("ann").fail({ ...north, commandId: "c1" })).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await second.as("ann").note({ commandId: "c1", times: 2, entry: 5, ledgerId: "north" })).toEqual(outcome);
      expect(await second.ledger("north").state()).toMatchObject({ count: 2 });
    });

    test("is each user's own, and each ledger's", async () => {
      await using servers = createTwo(sharing);
      const { first, second } = servers;
      const sent = { ...north, entry: 1, commandId: "c1" };
      expect(await first.as("ann").note(sent)).toMatchObject({ offset: 1 });
      expect(await second.as("ben").note(sent)).toMatchObject({ offset: 2 });
      expect(await first.ledger("north").send.note({ entry: 1 }, { commandId: "c1" })).toMatchObject({ offset: 3 });
      expect(await second.as("ann").note({ ...sent, ledgerId: "south" })).toMatchObject({ offset: 1 });
      expect(await second.as("ann").note(sent)).toMatchObject({ offset: 1 });
    });

    test("of somebody who is not signed in is each client's own", async () => {
      await using servers = createTwo(sharing);
      const { first, second } = servers;
      const sent = { ...north, entry: 1, commandId: "c1" };
      const send = (server: Ledgers, clientId: string) => server.as(null).note({ ...sent, clientId } as typeof sent);
      expect(await send(first, "tab 1")).toMatchObject({ offset: 1 });
      expect(await send(second, "tab 2")).toMatchObject({ offset: 2 });
      expect(await send(second, "tab 1")).toMatchObject({ offset: 1 });
      expect(await send(first, "tab 2")).toMatchObject({ offset: 2 });
      expect(await first.as(null).note(sent)).toMatchObject({ offset: 3 });
      expect(await first.as(null).note(sent)).toMatchObject({ offset: 4 });
    });
  });
}

describe("A commandId", () => {
  test("of a command that failed may be used again, since nothing came of it", async () => {
    await using ledgers = createLedgers();
    const ann = ledgers.as("ann");
    for (let count = 0; count < 2; count += 1) {
      await expect(ann.fail({ ...north, commandId: "c1" })).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    }
    expect(await ann.note({ ...north, entry: 1, commandId: "c1" })).toMatchObject({ ok: true, offset: 1 });
  });

  test("is forgotten when its result is older than it has to be kept, and not before", async () => {
    const { store, move } = createClockedStore();
    await using ledgers = createLedgers({ store, resultsMs: 60_000, lookMs: 1 });
    const send = () => ledgers.as("ann").note({ ...north, entry: 1, commandId: "c1" });
    const first = await send();
    await move(50_000);
    await ledgers.realtime.sweep();
    expect(await send()).toEqual(first);
    await move(20_000);
    await ledgers.realtime.sweep();
    expect(await send()).toMatchObject({ ok: true, offset: 2 });
  });
});
