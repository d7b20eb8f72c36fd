import type { AnyOutcome } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import { readLog } from "./audit.ts";
import type { SentCommand } from "./messages.ts";
import type { StoreAt } from "./store-at.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { WriterProcess, type WriterOptions } from "./writer-process.ts";

const first: SentCommand = { ledgerId: "north", user: "ann", commandId: "first", entry: 1, times: 1 };
const second: SentCommand = { ledgerId: "north", user: "ann", commandId: "second", entry: 2, times: 2 };

/** Starts a server on the data and sends it a command. It lives until it is disposed of, or dies of it. */
async function send(at: StoreAt, command: SentCommand, options: WriterOptions = {}) {
  const writer = new WriterProcess(options);
  await writer.ready();
  await writer.open(at);
  writer.tell({ kind: "send", command });
  return writer;
}

async function answer(at: StoreAt, command: SentCommand): Promise<AnyOutcome> {
  await using writer = await send(at, command);
  return await writer.answer(command.commandId);
}

async function entries(at: StoreAt): Promise<readonly unknown[]> {
  return (await readLog(at, "north")).map(({ offset, data }) => [offset, data]);
}

describe.each([
  { failpoint: "before-commit", there: false },
  { failpoint: "after-commit", there: true },
  { failpoint: "before-publish", there: true },
] as const)("A server that dies $failpoint", ({ failpoint, there }) => {
  test(`leaves the command ${there ? "whole" : "undone"}, and sent again it has one effect`, async () => {
    await using folder = await temporaryFolder();
    const at = { sqlite: folder.file("shoal.db") };
    expect(await answer(at, first)).toEqual({ ok: true, offset: 1, result: { count: 1 } });
    await using dying = await send(at, second, { failpoint });
    expect(await dying.gone()).toBe("SIGKILL");
    const before = [[1, { entry: 1 }]];
    const after = [...before, [2, { entry: 2 }], [3, { entry: 2 }]];
    expect(await entries(at)).toEqual(there ? after : before);
    expect(await answer(at, second)).toEqual({ ok: true, offset: 3, result: { count: 3 } });
    expect(await entries(at)).toEqual(after);
  }, 30_000);
});
