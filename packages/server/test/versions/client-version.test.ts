import { createMemoryStore } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { readAll } from "../support/reader.ts";
import { startNode1, startNode2 } from "./tally-node.ts";

const home = { tallyId: "home" };
const outdated = {
  code: "PRECONDITION_FAILED",
  message: '"tally" is at version 2 and this client at 1. Reload the page.',
};
const away = { code: "SERVICE_UNAVAILABLE" };

describe("A client", () => {
  test("of an older version is told so when it watches, and its commands are lifted", async () => {
    await using node = startNode2({ store: createMemoryStore() });
    await expect(node.caller.watch({ ...home, version: 1 })).rejects.toMatchObject(outdated);
    const sent = { ...home, by: 3, version: 1, commandId: "c1" } as never;
    const outcome = { ok: true, offset: 1, result: { total: 3 } };
    expect([await node.caller.add(sent), await node.caller.add(sent)]).toEqual([outcome, outcome]);
  });

  test("of an older version is told so by a command that cannot be lifted to what fits", async () => {
    await using node = startNode2({ store: createMemoryStore() });
    await expect(node.caller.add({ ...home, amount: 3, version: 1 })).rejects.toMatchObject(outdated);
    await expect(node.caller.name({ ...home, version: 1 } as never)).rejects.toMatchObject(outdated);
    expect(await node.tally("home").state()).toMatchObject({ total: 0 });
  });

  test("of a newer version is sent on to another node", async () => {
    await using node = startNode1({ store: createMemoryStore() });
    await expect(node.caller.watch({ ...home, version: 2 })).rejects.toMatchObject(away);
    await expect(node.caller.add({ ...home, by: 1, version: 2 })).rejects.toMatchObject(away);
  });

  test("of the served version, or of one that it does not say, is served", async () => {
    await using node = startNode2({ store: createMemoryStore() });
    for (const version of [{ version: 2 }, { version: undefined }, { version: null as never }, {}]) {
      expect(await node.caller.add({ ...home, amount: 1, ...version })).toMatchObject({ ok: true });
      const { frames, end } = readAll(await node.caller.watch({ ...home, ...version }));
      await frames.count(1);
      await end();
    }
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 60, "2", {}])("that calls its version %j is refused", async (version) => {
    await using node = startNode2({ store: createMemoryStore() });
    const given = { version: version as number };
    await expect(node.caller.watch({ ...home, ...given })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(node.caller.add({ ...home, amount: 1, ...given })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});
