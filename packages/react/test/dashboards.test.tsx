import { dashboardView } from "@shoal/client/dashboards";
import type { DashboardState } from "@shoal/contract/dashboards";
import { useAlerts, useDashboard } from "@shoal/react/dashboards";
import { describe, expect, test } from "vitest";
import { until } from "../../client/test/support/until.ts";
import { Boundary } from "./support/boundary.tsx";
import { brief, connectTo, ops, startDashboardServer } from "./support/dashboard-server.ts";
import { render, Use } from "./support/render.tsx";

const showCpu = () => {
  const { latest, status } = useDashboard(ops, { metrics: ["cpu"] });
  return `${status} ${latest?.cpu.value}`;
};

/** The page as its tab is hidden, until it is disposed of. */
function hiddenPage(): Disposable {
  const become = (value: "hidden" | "visible") => {
    Object.defineProperty(document, "visibilityState", { value, configurable: true });
    // The page is not Node's, and knows only events of its own.
    document.dispatchEvent(new window.Event("visibilitychange"));
  };
  become("hidden");
  return { [Symbol.dispose]: () => become("visible") };
}

describe("useDashboard", () => {
  test("shows what metrics are now, and each change of them", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    using page = render(ann, <Use hook={showCpu} />);
    await page.shows("live null");
    server.realtime.ops.set("cpu", 12);
    await page.shows("live 12");
    server.realtime.ops.set("cpu", 15);
    await page.shows("live 15");
  });

  test("renders for the metrics that it names, and once for many changes", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    const renders = { cpu: 0, memory: 0 };
    const countCpu = () => {
      renders.cpu += 1;
      return showCpu();
    };
    const showMemory = () => {
      renders.memory += 1;
      return ` ${useDashboard(ops, { metrics: ["memory"] }).latest?.memory.series.map(({ value }) => value)}`;
    };
    using page = render(ann, [<Use key="cpu" hook={countCpu} />, <Use key="memory" hook={showMemory} />]);
    await page.shows("live null ");
    const before = { ...renders };
    for (let value = 1; value <= 50; value += 1) {
      server.realtime.ops.set("memory", value, { node: "a" });
      await server.realtime.ops.flush();
    }
    await page.shows("live null 50");
    expect(renders.cpu).toBe(before.cpu);
    // Strictly rendered, each time counts twice.
    expect((renders.memory - before.memory) / 2).toBeLessThan(50);
    server.realtime.ops.set("cpu", 3);
    await page.shows("live 3 50");
    expect(renders.cpu).toBeGreaterThan(before.cpu);
  });

  test("says why a metric is not kept up to date, and when it is again", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    const showStale = () => {
      const { latest, stale } = useDashboard(ops, { metrics: ["queue", "cpu"] });
      return `${latest?.queue.value} ${stale.queue?.reason} ${stale.cpu?.reason}`;
    };
    using page = render(ann, <Use hook={showStale} />);
    await page.shows("1 undefined undefined");
    server.queue.read = () => {
      throw new Error("The queue is away.");
    };
    await expect.poll(page.text, { timeout: 4_000 }).toMatch(/^1 .*The queue is away\..* undefined$/);
    server.queue.read = () => 7;
    await page.shows("7 undefined undefined");
  });

  test("says of every metric that it is stale while the connection is lost, and shows it none the less", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    const showAll = () => {
      const { latest, stale, status } = useDashboard(ops, { metrics: ["cpu", "requests"] });
      return `${status} ${latest?.cpu.value} ${Object.keys(stale)}`;
    };
    using page = render(ann, <Use hook={showAll} />);
    server.realtime.ops.set("cpu", 5);
    await page.shows("live 5 ");
    ann.network.online = false;
    server.cut();
    await page.shows("reconnecting 5 cpu,requests");
    ann.network.online = true;
    await page.shows("live 5 ");
  });

  test("asks for a tier: the fastest of a page's parts, and that of those who stay", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    const audiences = () => ann.network.inputs("realtime.ops.watch").map(({ audience }) => audience);
    const showAt = (tier: "live" | "calm" | "background") => `${useDashboard(ops, { tier }).status} `;
    const [calm, live] = [<Use key="calm" hook={showAt} given="calm" />, <Use key="live" hook={showAt} given="live" />];
    using page = render(ann, [calm]);
    await page.shows("live ");
    expect(audiences()).toEqual(["calm"]);
    page.show([calm, live]);
    await page.shows("live live ");
    await expect.poll(audiences, { timeout: 4_000 }).toEqual(["calm", "live"]);
    page.show([calm]);
    await expect.poll(audiences, { timeout: 4_000 }).toEqual(["calm", "live", "calm"]);
  });

  test("asks for the slowest tier while the page is hidden, and for none once its last part is gone", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    const audiences = () => ann.network.inputs("realtime.ops.watch").map(({ audience }) => audience);
    const stop = ann.ops({}).subscribe(() => {});
    const page = render(ann, <Use hook={showCpu} />);
    await page.shows("live null");
    expect(audiences()).toEqual(["live"]);
    using _page = hiddenPage();
    await expect.poll(audiences, { timeout: 4_000 }).toEqual(["live", "background"]);
    page[Symbol.dispose]();
    await expect.poll(audiences, { timeout: 4_000 }).toEqual(["live", "background", undefined]);
    stop();
  });

  test("gives one who comes late the lines of one who was there, also after a lost connection", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    await using bob = connectTo(server, "bob");
    const early = dashboardView(ops, { metrics: ["cpu", "memory", "requests", "latency"] });
    const stop = ann.ops({}).subscribe(() => {
      const { state } = ann.ops({}).current;
      if (state) early(state);
    });
    await until(ann.ops({}), ({ status }) => status === "live");
    for (let step = 0; step < 30; step += 1) {
      server.realtime.ops.update({
        cpu: Math.sin(step) * 50,
        memory: [{ labels: { node: step % 2 ? "a" : "b" }, value: step }],
        requests: step % 4,
        latency: [step / 3, step],
      });
      await server.realtime.ops.flush();
      if (step === 15) server.cut();
    }
    const at = (await until(bob.ops({}), ({ status }) => status === "live")).offset;
    await until(ann.ops({}), ({ status, offset }) => status === "live" && (offset ?? 0) >= (at ?? 0));
    const [hers, his] = [ann.ops({}).current.state, bob.ops({}).current.state];
    if (!hers || !his) throw new Error("Both are live.");
    const late = dashboardView(ops, { metrics: ["cpu", "memory", "requests", "latency"] })(his);
    const seen = early(hers);
    expect(seen.latest).toEqual(late.latest);
    expect(seen.series).toEqual(late.series);
    expect(late.latest.requests.total).toBe(43);
    stop();
  });

  test("gives one who was away for longer than the window the lines of one who comes late", async () => {
    await using server = await startDashboardServer({ windowed: brief });
    await using ann = connectTo(server, "ann", brief);
    await using bob = connectTo(server, "bob", brief);
    const options = { metrics: ["cpu", "memory", "requests", "latency"] } as const;
    const early = dashboardView(brief, options);
    const hers = ann.ops({});
    const stop = hers.subscribe(() => {
      if (hers.current.state) early(hers.current.state);
    });
    await until(hers, ({ status }) => status === "live");
    const tell = async (step: number) => {
      server.realtime.ops.update({
        cpu: Math.sin(step) * 50,
        memory: [{ labels: { node: step % 2 ? "a" : "b" }, value: step }],
        requests: step % 4,
        latency: [step / 3, step],
      });
      await server.realtime.ops.flush();
    };
    for (let step = 0; step < 10; step += 1) await tell(step);
    const { offset: before = 0 } = await until(hers, ({ state }) => state?.series.requests?.[""]?.latest === 13);
    const seen = hers.current.state as DashboardState;
    ann.network.online = false;
    server.cut();
    await until(hers, ({ status }) => status === "reconnecting");
    const gone = Date.now();
    await expect.poll(() => Date.now() - gone, { timeout: 4_000 }).toBeGreaterThan(2 * brief.windowMs);
    for (let step = 10; step < 20; step += 1) await tell(step);
    ann.network.online = true;
    ann.connection.retry();
    const { offset = 0 } = await until(bob.ops({}), ({ status }) => status === "live");
    expect(offset).toBeGreaterThan(before);
    await until(hers, ({ status, offset: now = 0 }) => status === "live" && now >= offset);
    await until(bob.ops({}), ({ offset: now = 0 }) => now >= (hers.current.offset ?? 0));
    const [her, his] = [hers.current.state, bob.ops({}).current.state] as [DashboardState, DashboardState];
    expect(her).toEqual(his);
    const late = dashboardView(brief, options)(his);
    const hersNow = early(her);
    expect(hersNow.latest).toEqual(late.latest);
    expect(hersNow.series).toEqual(late.series);
    const slots = (state: DashboardState) => state.series.cpu?.[""]?.buckets.map(([slot = 0]) => slot) ?? [];
    expect(Math.min(...slots(her))).toBeGreaterThan(Math.max(...slots(seen)));
    stop();
  });

  test("refuses a metric that is not declared, and a tier", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    // @ts-expect-error there is no such metric
    const showDisk = () => useDashboard(ops, { metrics: ["disk"] }).status;
    // @ts-expect-error there is no such tier
    const showFast = () => useDashboard(ops, { tier: "fast" }).status;
    for (const [hook, message] of [
      [showDisk, 'it has no metric "disk"'],
      [showFast, 'has no tier "fast"'],
    ] as const) {
      const errors: string[] = [];
      using _page = render(
        ann,
        <Boundary onError={({ message }) => errors.push(message)}>
          <Use hook={hook} />
        </Boundary>,
      );
      await expect.poll(() => errors, { timeout: 4_000 }).toContainEqual(expect.stringContaining(message));
    }
  });
});

describe("useAlerts", () => {
  test("shows what fires, acknowledges it, and has it in the history", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    let acknowledge = async (): Promise<unknown> => undefined;
    const showAlerts = () => {
      const { firing, alerts, history, acknowledge: send } = useAlerts(ops, { history: true });
      const [first] = alerts;
      if (first) acknowledge = () => send(first, "mine");
      const past = history.items.map(({ what }) => what).join();
      return `${firing.map(({ title, acknowledged }) => `${title} ${acknowledged?.by.name}`)} | ${past}`;
    };
    using page = render(ann, <Use hook={showAlerts} />);
    await page.shows(" | ");
    server.realtime.ops.set("cpu", 95);
    await page.shows("The processor is busy undefined | fired");
    expect(await acknowledge()).toMatchObject({ ok: true });
    await page.shows("The processor is busy ANN | acknowledged,fired");
    expect(await acknowledge()).toMatchObject({ ok: false, reason: "ALREADY" });
    server.realtime.ops.set("cpu", 10);
    await page.shows(" | resolved,acknowledged,fired");
    expect(await acknowledge()).toMatchObject({ ok: false, reason: "NOT_FIRING" });
  });

  test("reads the history again when what it asked for was lost with the connection", async () => {
    await using server = await startDashboardServer();
    await using ann = connectTo(server, "ann");
    const showPast = () => {
      const { firing, history } = useAlerts(ops, { history: true });
      return `${firing.length} | ${history.items.map(({ what }) => what).join()}`;
    };
    using page = render(ann, <Use hook={showPast} />);
    await expect.poll(() => ann.network.inputs("realtime.opsAlerts.history").length, { timeout: 4_000 }).toBe(1);
    ann.network.swallow = true;
    server.realtime.ops.set("cpu", 95);
    await page.shows("1 | ");
    await expect.poll(() => ann.network.inputs("realtime.opsAlerts.history").length, { timeout: 4_000 }).toBe(2);
    server.cut();
    ann.network.swallow = false;
    await page.shows("1 | fired");
  });
});
