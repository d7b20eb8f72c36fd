import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLog } from "./audit.ts";
import { kinds, type Places } from "./kinds.ts";
import { ledger } from "./ledger.ts";
import { createLedgers } from "./ledger-app.ts";
import type { SentCommand } from "./messages.ts";
import { openAt, type StoreAt } from "./store-at.ts";
import { WriterProcess } from "./writer-process.ts";

const first: SentCommand = { ledgerId: "north", user: "ann", commandId: "first", entry: 1, times: 1 };
const second: SentCommand = { ledgerId: "north", user: "ann", commandId: "second", entry: 2, times: 2 };

/** What a server answers that lives. */
async function answer(at: StoreAt, { ledgerId, user, commandId, entry, times }: SentCommand) {
  await using ledgers = createLedgers({ store: openAt(at) });
  return await ledgers.realtime.topic(ledger, { ledgerId }).as({ id: user }).send.note({ entry, times }, { commandId });
}

async function entries(at: StoreAt): Promise<readonly unknown[]> {
  return (await readLog(at, "north")).map(({ offset, data }) => [offset, data]);
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, a server`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    test.each([
      { failpoint: "before-commit", leaves: "undone" },
      { failpoint: "after-commit", leaves: "whole" },
      { failpoint: "before-publish", leaves: "whole" },
    ] as const)(
      "that dies $failpoint leaves its command $leaves, and sent again it has one effect",
      async ({ failpoint, leaves }) => {
        const at = places.next();
        expect(await answer(at, first)).toEqual({ ok: true, offset: 1, result: { count: 1 } });
        await using dying = new WriterProcess({ failpoint });
        await dying.ready();
        await dying.open(at);
        dying.tell({ kind: "send", command: second });
        expect(await dying.gone()).toBe("SIGKILL");
        const before = [[1, { entry: 1 }]];
        const after = [...before, [2, { entry: 2 }], [3, { entry: 2 }]];
        expect(await entries(at)).toEqual(leaves === "whole" ? after : before);
        expect(await answer(at, second)).toEqual({ ok: true, offset: 3, result: { count: 3 } });
        expect(await entries(at)).toEqual(after);
      },
      30_000,
    );
  });
}
