import "./support/page.ts";

import type { AnyClient } from "@shoal/client";
import type { AnyTopicSnapshot } from "@shoal/contract";
import {
  ShoalHydration,
  ShoalProvider,
  useChannel,
  useChannels,
  useConnection,
  useSuspenseChannel,
} from "@shoal/react";
import { useDashboard } from "@shoal/react/dashboards";
import { type ReactNode, Suspense } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { counter } from "../../client/test/support/counter.ts";
import { startServer, type TestServer } from "../../client/test/support/server.ts";
import { until } from "../../client/test/support/until.ts";
import { watched } from "../../client/test/support/watched.ts";
import { connectTo, ops, startDashboardServer } from "./support/dashboard-server.ts";
import { render, Use } from "./support/render.tsx";

const home = { counterId: "home" };

function Page({ onRender }: { readonly onRender?: (text: string) => void }) {
  const { status, state } = useChannel(counter, home);
  const text = `${useConnection().status} ${status} ${state?.value ?? "-"}`;
  onRender?.(text);
  return text;
}

function Suspending() {
  return `value ${useSuspenseChannel(counter, home).state.value}`;
}

function Both() {
  const [one, other] = useChannels(counter, [home, { counterId: "other" }]);
  return `${one?.state?.value} and ${other?.state?.value}`;
}

/** What the server renders Ann's page from. */
async function snapshotsOf({ realtime }: TestServer): Promise<readonly AnyTopicSnapshot[]> {
  return [await realtime.topic(counter, home).as({ id: "ann", name: "ANN" }).snapshot()];
}

function page(client: AnyClient, snapshots: readonly AnyTopicSnapshot[], onRender?: (text: string) => void) {
  return (
    <ShoalProvider client={client}>
      <ShoalHydration snapshots={snapshots}>
        <Page {...(onRender && { onRender })} />
      </ShoalHydration>
    </ShoalProvider>
  );
}

/** Takes over what a server has rendered, and notes where it would have rendered something else. */
function hydrate(html: string, node: ReactNode) {
  const container = document.createElement("main");
  container.innerHTML = html;
  const differences: unknown[] = [];
  const root = hydrateRoot(container, node, { onRecoverableError: (error) => differences.push(error) });
  return {
    container,
    differences,
    shows: (text: string) => expect.poll(() => container.textContent, { timeout: 4_000 }).toBe(text),
    [Symbol.asyncDispose]: async () => root.unmount(),
  };
}

describe("a page that is rendered on a server", () => {
  test("shows that it connects, and opens no connection", () => {
    const client = connect({ url: "/trpc" }, null);
    const html = renderToString(<ShoalProvider client={client}>{<Page />}</ShoalProvider>);
    expect(html).toBe("idle connecting -");
    expect(client.connection.current.status).toBe("idle");
  });

  test("is taken over without a difference by a client that is live already, and then shows the state", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await watched(ann.counter({ counterId: "home" }));
    const page = <ShoalProvider client={ann}>{<Page />}</ShoalProvider>;
    const container = document.createElement("main");
    container.innerHTML = renderToString(page);
    const differences: unknown[] = [];
    const root = hydrateRoot(container, page, { onRecoverableError: (error) => differences.push(error) });
    await expect.poll(() => container.textContent, { timeout: 4_000 }).toBe("open live 0");
    expect(differences).toEqual([]);
    root.unmount();
  });
});

describe("a page that is rendered from snapshots", () => {
  test("has the states in its HTML, keeps them in the browser, and goes live from there without a second load", async () => {
    await using server = await startServer();
    await using bob = connect(server, "bob");
    await bob.counter(home).send.add({ by: 3 });
    const snapshots = await snapshotsOf(server);
    const html = renderToString(page(connect({ url: "/trpc" }, null), snapshots));
    expect(html).toBe("idle reconnecting 3");
    await bob.counter(home).send.add({ by: 4 });

    await using ann = connect(server, "ann");
    const seen = new Set<string>();
    await using browser = hydrate(
      html,
      page(ann, JSON.parse(JSON.stringify(snapshots)), (text) => seen.add(text)),
    );
    await browser.shows("open live 7");
    expect(browser.differences).toEqual([]);
    expect([...seen].filter((text) => text.endsWith("-"))).toEqual([]);
    expect(ann.network.frames.current.filter((kind) => kind !== "presence")).toEqual(["resumed", "events"]);
  });

  test("is not what the next visitor of the same server sees", async () => {
    await using server = await startServer();
    const client = connect({ url: "/trpc" }, null);
    renderToString(page(client, await snapshotsOf(server)));
    expect(renderToString(page(client, []))).toBe("idle connecting -");
  });

  test("shows the states of a later page at once, also where the browser does not take anything over", async () => {
    await using server = await startServer();
    const snapshots = await snapshotsOf(server);
    await using ann = connect(server, "ann");
    const seen: string[] = [];
    using shown = render(ann, null);
    await shown.shows("");
    shown.show(
      <ShoalHydration snapshots={snapshots}>
        <Page onRender={(text) => seen.push(text)} />
      </ShoalHydration>,
    );
    await shown.shows("open live 0");
    expect(seen[0]).toBe("idle reconnecting 0");
    expect(ann.network.frames.current).not.toContain("snapshot");
  });

  test("waits for nothing where it would suspend", async () => {
    await using server = await startServer();
    const snapshots = await snapshotsOf(server);
    await using ann = connect(server, "ann");
    const inside = (client: AnyClient) => (
      <ShoalProvider client={client}>
        <ShoalHydration snapshots={snapshots}>
          <Suspense fallback="waits">
            <Suspending />
          </Suspense>
        </ShoalHydration>
      </ShoalProvider>
    );
    const html = renderToString(inside(connect({ url: "/trpc" }, null)));
    expect(html).toContain("value 0");
    await using browser = hydrate(html, inside(ann));
    await until(ann.counter(home), ({ status }) => status === "live");
    expect(browser.container.textContent).toBe("value 0");
    expect(browser.differences).toEqual([]);
  });

  test("is not shown to whoever signs in later", async () => {
    await using server = await startServer();
    const [snapshot] = await snapshotsOf(server);
    let user: string | null = "ann";
    await using client = connect(server, null, { token: () => user, user: () => (user ? { id: user } : null) });
    const seen: string[] = [];
    const shownTo = (key: string) => (
      <ShoalHydration snapshots={snapshot ? [snapshot] : []}>
        <Page key={key} onRender={(text) => seen.push(`${user}: ${text}`)} />
      </ShoalHydration>
    );
    using shown = render(client, shownTo("one"));
    await shown.shows("open live 0");
    user = null;
    client.checkUser();
    shown.show(shownTo("other"));
    await expect.poll(() => seen.at(-1), { timeout: 4_000 }).toMatch(/^null: \w+ failed -$/);
    expect(seen.filter((text) => text.startsWith("null") && !text.endsWith("-"))).toEqual([]);
  });

  test("gives the states of an inner list before those of an outer one", async () => {
    await using server = await startServer();
    const [snapshot] = await snapshotsOf(server);
    if (!snapshot) throw new Error("There is no snapshot.");
    const outer = { ...snapshot, params: { counterId: "other" }, state: { value: 5, history: [] } };
    const inner = { ...snapshot, state: { value: 6, history: [] } };
    const html = renderToString(
      <ShoalProvider client={connect({ url: "/trpc" }, null)}>
        <ShoalHydration snapshots={[outer, { ...inner, state: { value: 0, history: [] } }]}>
          <ShoalHydration snapshots={[inner]}>
            <Both />
          </ShoalHydration>
        </ShoalHydration>
      </ShoalProvider>,
    );
    expect(html).toBe("6 and 5");
  });

  test("shows none of another version of the contract", async () => {
    await using server = await startServer();
    const snapshots = (await snapshotsOf(server)).map((snapshot) => ({ ...snapshot, version: 2 }));
    expect(renderToString(page(connect({ url: "/trpc" }, null), snapshots))).toBe("idle connecting -");
  });
});

describe("a dashboard that is rendered on a server", () => {
  const showCpu = () => {
    const { latest, series, stale, status } = useDashboard(ops, { metrics: ["cpu"], points: 3 });
    return `${status} ${latest?.cpu.value} ${series?.cpu.x.length} ${stale.cpu?.reason}`;
  };
  const inside = (client: AnyClient, snapshots: readonly AnyTopicSnapshot[]) => (
    <ShoalProvider client={client}>
      <ShoalHydration snapshots={snapshots}>
        <Use hook={showCpu} />
      </ShoalHydration>
    </ShoalProvider>
  );

  test("shows nothing, and watches nothing, without a snapshot", async () => {
    await using away = connectTo({ url: "/trpc" }, "ann");
    expect(renderToString(inside(away, []))).toBe("connecting undefined undefined undefined");
    expect(away.connection.current.status).toBe("idle");
  });

  test("shows what was measured, as stale until it is live, and is taken over without a difference", async () => {
    await using server = await startDashboardServer();
    server.realtime.ops.set("cpu", 12);
    await server.realtime.ops.flush();
    const snapshots = [await server.realtime.topic(ops, {}).as({ id: "ann", name: "ANN" }).snapshot()];
    await using away = connectTo({ url: "/trpc" }, "ann");
    const html = renderToString(inside(away, snapshots));
    expect(html).toBe("reconnecting 12 3 There is no connection to the server.");

    await using ann = connectTo(server, "ann");
    await using browser = hydrate(html, inside(ann, JSON.parse(JSON.stringify(snapshots))));
    await browser.shows("live 12 3 undefined");
    expect(browser.differences).toEqual([]);
    expect(ann.network.inputs("realtime.ops.watch").at(-1)).toMatchObject({ audience: "live" });
  });
});

describe("a component that suspends, on a server that has no snapshot of its topic", () => {
  test("is left to the browser, which loads it", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const inside = (client: AnyClient) => (
      <ShoalProvider client={client}>
        <Suspense fallback="waits">
          <Suspending />
        </Suspense>
      </ShoalProvider>
    );
    const html = renderToString(inside(connect({ url: "/trpc" }, null)));
    expect(html).toContain("waits");
    expect(html).toContain("ShoalHydration");
    await using browser = hydrate(html, inside(ann));
    await browser.shows("value 0");
  });
});

describe("a hook without a provider", () => {
  test("says what is missing", () => {
    expect(() => renderToString(<Page />)).toThrow("<ShoalProvider");
  });
});
