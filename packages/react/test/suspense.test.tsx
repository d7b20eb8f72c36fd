import { ShoalError } from "@shoal/contract";
import { useChannel, useSuspenseChannel } from "@shoal/react";
import { Suspense } from "react";
import { describe, expect, test, vi } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { counter } from "../../client/test/support/counter.ts";
import { startServer } from "../../client/test/support/server.ts";
import { until } from "../../client/test/support/until.ts";
import { Boundary } from "./support/boundary.tsx";
import { render, Use } from "./support/render.tsx";

const watch = "realtime.counter.watch";

interface ValueProps {
  readonly id?: string;
  readonly onRender?: (status: string) => void;
}

function Value({ id = "home", onRender }: ValueProps) {
  const { state, status } = useSuspenseChannel(counter, { counterId: id });
  onRender?.(status);
  return `${id}: ${state.value}\n`;
}

function IsEven() {
  const { state } = useSuspenseChannel(counter, { counterId: "home" }, { select: ({ value }) => value % 2 === 0 });
  return `even: ${state}\n`;
}

function Plain() {
  return `${useChannel(counter, { counterId: "home" }).status}\n`;
}

describe("useSuspenseChannel", () => {
  test("leaves it to the fallback until there is a state, and makes one watch", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const statuses = new Set<string>();
    const waiting = <Suspense fallback="waits">{<Value onRender={(status) => statuses.add(status)} />}</Suspense>;
    using page = render(ann, waiting);
    await page.shows("waits");
    await page.shows("home: 0\n");
    expect([...statuses]).toEqual(["live"]);
    await ann.counter({ counterId: "home" }).send.add({ by: 2 });
    await page.shows("home: 2\n");
    expect(ann.network.inputs(watch)).toHaveLength(1);
  });

  test("shows at once what somebody else watches already", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(ann, <Plain />);
    await page.shows("live\n");
    const fallback = vi.fn(() => "waits");
    const beside = (
      <Suspense key="b" fallback={<Use hook={fallback} />}>
        <Value />
      </Suspense>
    );
    page.show([<Plain key="a" />, beside]);
    await page.shows("live\nhome: 0\n");
    expect(fallback).not.toHaveBeenCalled();
  });

  test("selects as `useChannel` does, also what is false", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(
      ann,
      <Suspense fallback="waits">
        <IsEven />
      </Suspense>,
    );
    await page.shows("even: true\n");
    await ann.counter({ counterId: "home" }).send.add({ by: 1 });
    await page.shows("even: false\n");
  });

  test("loads several side by side under one fallback", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const both = [
      <Value key="a" id="a" />,
      <Suspense key="inner" fallback="b waits">
        <Value id="b" />
      </Suspense>,
    ];
    using page = render(ann, <Suspense fallback="all wait">{both}</Suspense>);
    await page.shows("a: 0\nb: 0\n");
  });

  test("stops watching a while after the component is gone, also when it was never shown", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    using page = render(
      ann,
      <Suspense fallback="waits">
        <Value />
      </Suspense>,
    );
    await page.shows("waits");
    page.show(null);
    await page.shows("");
    const topic = ann.counter({ counterId: "home" });
    await until(ann.network.frames, (kinds) => kinds.includes("snapshot"));
    await expect.poll(() => topic.current.status, { timeout: 4_000 }).toBe("reconnecting");
  });

  test("throws what the topic failed with to the error boundary, and tries again when that is reset", async () => {
    await using server = await startServer();
    let token: string | null = null;
    await using ann = connect(server, null, { token: () => token });
    const errors: ShoalError[] = [];
    let reset = (): void => {};
    const page = (
      <Boundary
        onError={(error, again) => {
          errors.push(error as ShoalError);
          reset = again;
        }}
      >
        <Suspense fallback="waits">
          <Value />
        </Suspense>
      </Boundary>
    );
    using shown = render(ann, page);
    await shown.shows("failed: UNAUTHORIZED");
    expect(errors.at(-1)).toBeInstanceOf(ShoalError);
    const first = errors.length;
    reset();
    await expect.poll(() => errors.length, { timeout: 4_000 }).toBeGreaterThan(first);
    await shown.shows("failed: UNAUTHORIZED");
    token = "ann";
    server.cut();
    await until(ann.connection, ({ status }) => status === "reconnecting");
    reset();
    await shown.shows("home: 0\n");
  });

  test("throws when a topic that was shown fails", async () => {
    await using server = await startServer();
    let token: string | null = "ann";
    await using ann = connect(server, null, { token: () => token });
    using page = render(
      ann,
      <Boundary onError={() => {}}>
        <Suspense fallback="waits">
          <Value />
        </Suspense>
      </Boundary>,
    );
    await page.shows("home: 0\n");
    token = null;
    server.cut();
    await page.shows("failed: UNAUTHORIZED");
  });

  test("says that the client was closed", async () => {
    await using server = await startServer();
    const ann = connect(server, "ann");
    await ann.close();
    using page = render(
      ann,
      <Boundary onError={() => {}}>
        <Suspense fallback="waits">
          <Value />
        </Suspense>
      </Boundary>,
    );
    await page.shows("failed: CLOSED");
  });
});
