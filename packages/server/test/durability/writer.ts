import { flushCompileCache } from "node:module";
import type { AnyFrame } from "@shoal/contract";
import { ShoalError } from "@shoal/contract";
import { consoleLogger } from "@shoal/server";
import { isTrackedEnvelope } from "@trpc/server";
import { ledger } from "./ledger.ts";
import { createLedgers, type Ledgers } from "./ledger-app.ts";
import type { FromWriter, SentCommand, ToWriter } from "./messages.ts";
import { openAt, type StoreAt } from "./store-at.ts";

/** A process of its own that serves ledgers over a store, until it is killed. */
let ledgers: Ledgers | undefined;

function tell(message: FromWriter): void {
  process.send?.(message);
}

async function open(store: StoreAt): Promise<void> {
  ledgers = createLedgers({ store: openAt(store), logger: consoleLogger, snapshotEvery: 40, maxReplay: 100_000 });
  try {
    await ledgers.realtime.open();
    tell({ kind: "opened" });
  } catch (error) {
    const code = error instanceof ShoalError ? error.code : "none";
    tell({ kind: "refused", code, message: String(error) });
  }
}

async function send({ ledgerId, user, commandId, entry, times }: SentCommand): Promise<void> {
  try {
    const topic = ledgers?.realtime.topic(ledger, { ledgerId }).as({ id: user });
    const outcome = await topic?.send.note({ entry, times }, { commandId });
    if (outcome) tell({ kind: "answered", commandId, outcome });
  } catch (error) {
    tell({ kind: "failed", commandId, message: String(error) });
  }
}

async function watch(ledgerId: string, lastEventId: string | null): Promise<void> {
  const frames = await ledgers?.as("watcher").watch({ ledgerId, lastEventId });
  for await (const value of frames ?? []) {
    const tracked: unknown = value;
    if (isTrackedEnvelope(tracked)) tell({ kind: "frame", ledgerId, id: tracked[0], frame: tracked[1] as AnyFrame });
  }
}

process.on("message", (message: ToWriter) => {
  switch (message.kind) {
    case "open":
      return void open(message.store);
    case "send":
      return void send(message.command);
    case "watch":
      return void watch(message.ledgerId, message.lastEventId);
  }
});
process.on("disconnect", () => process.exit());
flushCompileCache();
tell({ kind: "ready" });
