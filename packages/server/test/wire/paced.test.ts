import type { AnyFrame } from "@shoal/contract";
import { system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { codeOf, connectByHttp, connectBySocket, followUntyped } from "../support/connect.ts";
import { gauges, pacedGauges } from "../support/gauges.ts";

const path = "realtime.gauges.watch";

interface Received {
  readonly id: string;
  readonly data: AnyFrame;
}

describe.each([
  { wire: "a WebSocket", connect: connectBySocket },
  { wire: "SSE", connect: connectByHttp },
])("The stock client over $wire", ({ connect }) => {
  test("asks for an audience, is told at its pace, and goes on as another one", async () => {
    await using app = await startApp({ more: [pacedGauges] });
    await using ann = connect(app, "ann");
    const { send } = app.realtime.topic(gauges, {}).as(system);
    const live = followUntyped(ann, path, { audience: "live" });
    await live.frames.count(2);
    for (let count = 0; count < 20; count += 1) await send.add({ name: "a", by: 1 });
    await live.frames.until((frames) => offsetOf(frames.at(-1)) === 20);
    live.stop();
    expectWhole(live.frames.items as Received[], "live", 20);

    const { id } = live.frames.items.at(-1) as Received;
    await send.add({ name: "a", by: 1 });
    const prompt = followUntyped(ann, path, { audience: "prompt", lastEventId: id });
    await prompt.frames.until((frames) => offsetOf(frames.at(-1)) === 21);
    expect(prompt.frames.items.slice(0, 2)).toMatchObject([
      { id: id.replace("live", "prompt"), data: { kind: "resumed", replayed: 1 } },
      { data: { kind: "events", from: 21, to: 21 } },
    ]);
  });

  test("is told which audiences there are when it asks for another one", async () => {
    await using app = await startApp({ more: [pacedGauges] });
    await using ann = connect(app, "ann");
    const { errors } = followUntyped(ann, path, { audience: "nightly" });
    const [error] = await errors.count(1);
    expect(codeOf(error)).toEqual({
      code: "BAD_REQUEST",
      message: '"gauges" has no such audience. It has: live, calm, background, prompt.',
    });
  });
});

function offsetOf(received: unknown): number {
  return Number((received as Received | undefined)?.id.split(":")[1]);
}

function expectWhole(frames: readonly Received[], audience: string, sum: number): void {
  let [offset, added] = [0, 0];
  for (const { id, data } of frames) {
    expect(id).toMatch(new RegExp(`:${audience}$`));
    if (data.kind !== "events") continue;
    expect(data.from).toBe(offset + 1);
    for (const event of data.events) added += (event.data as { by: number }).by;
    offset = data.to;
  }
  expect(added).toBe(sum);
}
