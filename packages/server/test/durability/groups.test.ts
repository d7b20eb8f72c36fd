import { ShoalError } from "@shoal/contract";
import { attach, createMemoryStore, type Store, type Watch } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { inTime } from "../support/recorder.ts";
import { createLedgers, type Ledgers, ledgerRef } from "./ledger-app.ts";
import { wrapStore } from "./wrap-store.ts";

const places = ["north", "east", "south"] as const;
type Transaction = Store["transaction"];

/** Ledgers on a store whose transactions go the way of `change`, all loaded, and the sizes of the transactions so far. */
async function createOn(change: (transaction: Transaction) => Transaction, options = {}) {
  const memory = createMemoryStore();
  const sizes: number[] = [];
  const transaction = change((requests, decide, options) => memory.transaction(requests, decide, options));
  const store = wrapStore(memory, {
    transaction(requests, decide, options) {
      sizes.push(requests.length);
      return transaction(requests, decide, options);
    },
  });
  const ledgers = createLedgers({ store, ...options });
  for (const place of places) await ledgers.ledger(place).state();
  return { ...ledgers, sizes };
}

function sendToEach(ledgers: Pick<Ledgers, "as">, commandId: string) {
  return places.map((ledgerId) => inTime(ledgers.as("ann").note({ ledgerId, entry: 1, commandId }), "an answer"));
}

const accepted = { ok: true, offset: 1, result: { count: 1 } };
const unavailable = { code: "SERVICE_UNAVAILABLE" };

describe("Commands that are sent at once", () => {
  test("to several topics are committed together", async () => {
    await using ledgers = await createOn((transaction) => transaction);
    expect(await Promise.all(sendToEach(ledgers, "c1"))).toEqual([accepted, accepted, accepted]);
    expect(ledgers.sizes).toEqual([3]);
  });

  test("are run again topic by topic when they fail together, and each has one effect", async () => {
    await using ledgers = await createOn((transaction) => async (requests, decide, options) => {
      await transaction(
        requests,
        (locked) => {
          const writes = decide(locked);
          if (requests.length > 1) throw new Error("a deadlock");
          return writes;
        },
        options,
      );
    });
    expect(await Promise.all(sendToEach(ledgers, "c1"))).toEqual([accepted, accepted, accepted]);
    expect(ledgers.sizes).toEqual([3, 1, 1, 1]);
    for (const place of places) expect(await ledgers.ledger(place).state()).toMatchObject({ count: 1 });
  });

  test("fail alone where their topic cannot be written, as retryable, and the others go on", async () => {
    await using ledgers = await createOn((transaction) => async (requests, decide, options) => {
      if (requests.some(({ topic }) => topic.id === ledgerRef("east").id)) throw new Error("a row is broken");
      await transaction(requests, decide, options);
    });
    const [north, east, south] = sendToEach(ledgers, "c1");
    await expect(east).rejects.toMatchObject(unavailable);
    expect(await Promise.all([north, south])).toEqual([accepted, accepted]);
  });

  test("all fail at once when the store is away, and are not tried one by one", async () => {
    let away = true;
    await using ledgers = await createOn((transaction) => async (requests, decide, options) => {
      if (away) throw new ShoalError("SERVICE_UNAVAILABLE", "The store is away.");
      await transaction(requests, decide, options);
    });
    expect(await Promise.allSettled(sendToEach(ledgers, "c1"))).toMatchObject(
      places.map(() => ({ reason: unavailable })),
    );
    expect(ledgers.sizes).toEqual([3]);
    away = false;
    expect(await Promise.all(sendToEach(ledgers, "c1"))).toEqual([accepted, accepted, accepted]);
  });

  test("to a topic that another transaction holds delay nobody else, and are decided when it is let go", async () => {
    const held = Promise.withResolvers<void>();
    const east = ledgerRef("east").id;
    await using ledgers = await createOn((transaction) => async (requests, decide, options) => {
      if (options?.wait) await held.promise;
      await transaction(options?.wait ? requests : requests.filter(({ topic }) => topic.id !== east), decide, options);
    });
    const [north, waiting, south] = sendToEach(ledgers, "c1");
    expect(await inTime(Promise.all([north, south]), "the others")).toEqual([accepted, accepted]);
    const another = ledgers.as("ben").note({ ledgerId: "east", entry: 1 });
    expect(await inTime(ledgers.as("ben").note({ ledgerId: "north", entry: 1 }), "another")).toMatchObject({
      offset: 2,
    });
    held.resolve();
    expect(await waiting).toEqual(accepted);
    expect(await another).toMatchObject({ offset: 2 });
  });
});

describe("A command", () => {
  test("that the store does not confirm in time fails as retryable, and has one effect when it is sent again", async () => {
    const confirmed = Promise.withResolvers<void>();
    const change =
      (transaction: Transaction): Transaction =>
      async (requests, decide, options) => {
        await transaction(requests, decide, options);
        await confirmed.promise;
      };
    await using ledgers = await createOn(change, { commandDeadlineMs: 50 });
    expect(await Promise.allSettled(sendToEach(ledgers, "c1"))).toMatchObject(
      places.map(() => ({ reason: unavailable })),
    );
    confirmed.resolve();
    expect(await Promise.all(sendToEach(ledgers, "c1"))).toEqual([accepted, accepted, accepted]);
    expect(await ledgers.ledger("north").state()).toMatchObject({ count: 1 });
  });
});

describe("What is committed", () => {
  test("stays committed once, and is answered, when a subscriber's transport throws", async () => {
    await using ledgers = await createOn((transaction) => transaction);
    const watch = (await ledgers.as("ben").watch({ ledgerId: "east" })) as unknown as Watch;
    let opened = false;
    const attachment = await watch[attach]({
      push: () => {
        if (opened) throw new Error("this transport is broken");
        opened = true;
      },
      fail: () => {},
    });
    const send = () => places.map((ledgerId) => inTime(ledgers.as(null).note({ ledgerId, entry: 1 }), "an answer"));
    expect(await Promise.all(send())).toEqual([accepted, accepted, accepted]);
    expect(ledgers.sizes).toEqual([3]);
    attachment.detach();
    const again = { ok: true, offset: 2, result: { count: 2 } };
    expect(await Promise.all(send())).toEqual([again, again, again]);
  });
});
