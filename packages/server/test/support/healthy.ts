import { expect } from "vitest";
import type { StartedApp } from "./app.ts";
import { connectBySocket, follow } from "./connect.ts";

/** Somebody else is served as if nothing had happened. */
export async function expectHealthy(app: StartedApp, counterId = "elsewhere"): Promise<void> {
  await using other = connectBySocket(app, "other");
  const { frames, stop } = follow(other.trpc.counter.watch, { counterId });
  await frames.count(2);
  const outcome = await other.trpc.counter.add.mutate({ counterId, by: 1 });
  expect(outcome).toMatchObject({ ok: true });
  await frames.first(({ data }) => data.kind === "events");
  stop();
}
