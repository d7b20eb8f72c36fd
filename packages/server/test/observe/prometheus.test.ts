import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@shoal/server";
import { type MetricsOptions, metricsHandler, prometheus } from "@shoal/server/prometheus";
import express from "express";
import { Counter, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { type App, createApp } from "../support/app.ts";
import { connectBySocket, follow } from "../support/connect.ts";
import { eventually } from "../support/recorder.ts";
import { parseExposition } from "./support/parse-exposition.ts";

const home = { counterId: "home" };
const token = "scrape-me";

async function startMeasured(app: App, metrics: Omit<MetricsOptions, "report"> & { path?: `/${string}` } = { token }) {
  const handle = await serve({
    router: app.router,
    port: 0,
    metrics: { report: prometheus(app.realtime), ...metrics } as MetricsOptions,
    createContext: ({ info }) => ({ user: info.connectionParams?.token ? { id: info.connectionParams.token } : null }),
  });
  return {
    webSocketUrl: `ws://localhost:${handle.port}/trpc`,
    url: handle.url,
    fetch: (path = "/metrics", init: RequestInit = { headers: { authorization: `Bearer ${token}` } }) =>
      fetch(`${handle.url}${path}`, init),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

describe("What Prometheus scrapes", () => {
  test("is well formed, is what the stats say, and has the metrics of the process", async () => {
    await using app = createApp();
    await using server = await startMeasured(app);
    await using ann = connectBySocket(server, "ann");
    await follow(ann.trpc.counter.watch, home).frames.count(1);
    for (const by of [1, 2, 5_000]) await ann.trpc.counter.add.mutate({ ...home, by });
    await expect(ann.trpc.counter.add.mutate({ ...home, by: "1" } as never)).rejects.toThrow();
    const response = await server.fetch();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { families, value } = parseExposition(await response.text());
    expect(value("shoal_ready")).toBe(1);
    expect(value("shoal_connections")).toBe(1);
    expect(value("shoal_users")).toBe(1);
    expect(value("shoal_subscribers", { channel: "counter" })).toBe(1);
    expect(value("shoal_commands_total", { channel: "counter", outcome: "accepted" })).toBe(2);
    expect(value("shoal_commands_total", { channel: "counter", outcome: "rejected" })).toBe(1);
    expect(value("shoal_commands_total", { channel: "counter", outcome: "refused" })).toBe(1);
    expect(value("shoal_snapshots_total", { channel: "counter", reason: "initial" })).toBe(1);
    expect(value("shoal_sent_bytes_total")).toBe(app.realtime.stats().sent.bytes);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    for (const [name, { type }] of families) {
      if (!name.startsWith("shoal_")) continue;
      expect(name.endsWith("_total")).toBe(type === "counter");
    }
  });

  test("has a histogram of seconds, whose buckets hold all below", async () => {
    await using app = createApp();
    await using server = await startMeasured(app);
    for (let by = 0; by < 20; by += 1) await app.as("ann").counter.add({ ...home, by });
    const { value, samples } = parseExposition(await (await server.fetch()).text());
    const name = "shoal_command_duration_seconds";
    const buckets = samples.filter(({ name: of, labels }) => of === `${name}_bucket` && labels.channel === "counter");
    expect(buckets.at(-1)?.labels.le).toBe("+Inf");
    const counts = buckets.map(({ value: count }) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(20);
    expect(value(`${name}_count`, { channel: "counter" })).toBe(20);
    const { latency } = app.realtime.stats().channels.counter?.commands ?? {};
    expect(value(`${name}_sum`, { channel: "counter" })).toBeCloseTo((latency?.sum ?? 0) / 1_000, 9);
    const bounds = buckets.slice(0, -1).map(({ labels }) => Number(labels.le));
    expect(bounds).toEqual(latency?.bounds.map((ms) => ms / 1_000));
  });

  test("has no more series for more users, topics and refusals", async () => {
    await using app = createApp();
    await using server = await startMeasured(app);
    const count = async () => parseExposition(await (await server.fetch()).text()).samples.filter(isOurs).length;
    const before = await count();
    for (let user = 0; user < 50; user += 1) {
      await app.as(`user ${user}`).counter.add({ counterId: `${user}`, by: user * 100 });
    }
    expect(await count()).toBe(before);
  });

  test("goes down again when clients have gone", async () => {
    await using app = createApp();
    await using server = await startMeasured(app);
    const ann = connectBySocket(server, "ann");
    await ann.trpc.counter.limit.query();
    await ann[Symbol.asyncDispose]();
    await eventually(async () => {
      const { value } = parseExposition(await (await server.fetch()).text());
      return value("shoal_connections") === 0 && value("shoal_connections_opened_total") === 1;
    }, "there are none");
  });

  test("stands beside the application's own metrics in a registry of its own", async () => {
    await using app = createApp();
    const registry = new Registry();
    new Counter({ name: "orders_total", help: "Orders.", registers: [registry] }).inc(3);
    const report = prometheus(app.realtime, { registry });
    const { value, families } = parseExposition(await report.metrics());
    expect(value("orders_total")).toBe(3);
    expect(value("shoal_connections")).toBe(0);
    expect([...families.keys()].some((name) => name.startsWith("process_"))).toBe(false);
    expect(() => prometheus(app.realtime, { registry })).toThrow("already been registered");
    const json = await registry.getMetricsAsJSON();
    expect(json.map(({ name }) => name)).toContain("shoal_sent_bytes_total");
  });
});

describe("Metrics", () => {
  test("are told to who brings the token, by GET and HEAD, and nobody else", async () => {
    await using app = createApp();
    await using server = await startMeasured(app);
    const statusOf = async (init: RequestInit) => (await server.fetch("/metrics", init)).status;
    const authorization = `Bearer ${token}`;
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ headers: { authorization: "Bearer other" } })).toBe(401);
    expect(await statusOf({ headers: { authorization: token } })).toBe(401);
    expect(await statusOf({ method: "POST", headers: { authorization } })).toBe(405);
    expect(await statusOf({ method: "HEAD", headers: { authorization } })).toBe(200);
    expect((await server.fetch("/metrics?x=1")).status).toBe(200);
    expect((await server.fetch("/metrics/more")).status).toBe(404);
    expect((await server.fetch("//other/metrics")).status).toBe(404);
    const refused = await server.fetch("/metrics", {});
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    expect(await refused.text()).not.toContain("shoal_");
  });

  test("are told to whom a function lets, elsewhere, and to nobody when it throws", async () => {
    await using app = createApp();
    const allow = ({ headers }: { headers: Record<string, unknown> }) => {
      if (headers["x-who"] === "broken") throw new Error("no idea");
      return headers["x-who"] === "operator";
    };
    await using server = await startMeasured(app, { allow: async (req) => allow(req), path: "/internal/metrics" });
    const as = async (who: string) => (await server.fetch("/internal/metrics", { headers: { "x-who": who } })).status;
    expect(await as("operator")).toBe(200);
    expect(await as("somebody")).toBe(403);
    expect(await as("broken")).toBe(500);
    expect((await server.fetch("/metrics")).status).toBe(404);
  });

  test("are nowhere unless it is said where and for whom", async () => {
    await using app = createApp();
    const handle = await serve({ router: app.router, port: 0, createContext: () => ({ user: null }) });
    expect((await fetch(`${handle.url}/metrics`)).status).toBe(404);
    await handle.close();
    expect(() => metricsHandler({ report: prometheus(app.realtime) } as never)).toThrow("`token` or `allow`");
    expect(() => metricsHandler({ report: prometheus(app.realtime), token: "" })).toThrow("`token` or `allow`");
  });

  test("are mounted in a server of one's own, and in Express", async () => {
    await using app = createApp();
    const handler = metricsHandler({ report: prometheus(app.realtime), token });
    for (const listener of [handler, express().get("/metrics", handler)]) {
      const server = createServer(listener).listen(0);
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`http://localhost:${port}/metrics`, { headers });
      expect(parseExposition(await response.text()).value("shoal_ready")).toBe(1);
      expect((await fetch(`http://localhost:${port}/metrics`)).status).toBe(401);
      server.close();
    }
  });
});

function isOurs({ name }: { readonly name: string }): boolean {
  return name.startsWith("shoal_");
}
