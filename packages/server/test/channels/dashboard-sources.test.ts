import { source } from "@shoal/server/dashboards";
import { describe, expect, test } from "vitest";
import { eventually, Recorder } from "../support/recorder.ts";
import { createDashboards, type DashboardApp, ops } from "./dashboard-app.ts";

/** A source that counts how often it is asked, and answers as it is told. */
function counted(answer: (turn: number, signal: AbortSignal) => object | Promise<object>, options = {}) {
  const turns = new Recorder<number>();
  return {
    turns,
    source: source(ops, {
      name: "counted",
      metrics: ["cpu", "total"],
      every: "100ms",
      ...options,
      collect: ({ signal }) => {
        const turn = turns.items.length + 1;
        turns.push(turn);
        return answer(turn, signal);
      },
    }),
  };
}

const latest = async (app: DashboardApp, metric: string) => (await app.state()).series[metric]?.[""]?.latest;

describe("A source", () => {
  test("is read while somebody watches, and not before and not after", async () => {
    const { turns, source } = counted((turn) => ({ cpu: turn }));
    await using app = createDashboards({ sources: [source] });
    await app.realtime.open();
    app.realtime.ops.set("memory", 1, { node: "a" });
    await app.realtime.ops.flush();
    expect(turns.items).toEqual([]);
    {
      await using _watch = app.watch();
      await turns.count(3);
      await eventually(async () => ((await latest(app, "cpu")) ?? 0) >= 3, "what it read is shown");
    }
    let before = -1;
    const isQuiet = () => {
      const same = turns.items.length === before;
      before = turns.items.length;
      return new Promise<boolean>((resolve) => setTimeout(() => resolve(same), 300));
    };
    await isQuiet();
    await eventually(isQuiet, "it is read no more");
  });
});
