import "./support/page.ts";

import { ShoalProvider, useCountdown, useServerTime } from "@shoal/react";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { startServer } from "../../client/test/support/server.ts";
import { until } from "../../client/test/support/until.ts";
import { render } from "./support/render.tsx";

const hour = 3_600_000;

interface TimeProps {
  readonly every?: number;
  readonly onRender: (time: number | undefined) => void;
}

function Time({ every, onRender }: TimeProps) {
  const time = useServerTime({ every });
  onRender(time);
  return `${time}`;
}

interface LeftProps {
  readonly endsAt: number | null;
  readonly onRender?: (text: string) => void;
}

function Left({ endsAt, onRender }: LeftProps) {
  const left = useCountdown(endsAt);
  const certain = left && Number.isFinite(left.uncertainty) ? "" : " uncertain";
  const text = left ? `${left.over ? "over" : `${left.seconds} s`}${certain}` : "nothing";
  onRender?.(text);
  return text;
}

describe("useServerTime", () => {
  test("goes by the server's clock, in the steps that it was asked for", async () => {
    await using server = await startServer({ ahead: hour });
    await using ann = connect(server, "ann");
    const seen: number[] = [];
    await ann.counter.query.double({ of: 1 });
    await until({ current: ann.clock, subscribe: ann.clock.subscribe }, ({ uncertainty }) =>
      Number.isFinite(uncertainty),
    );
    const before = Date.now() + hour - ann.clock.uncertainty - 50;
    using _page = render(ann, <Time every={50} onRender={(time) => seen.push(time ?? Number.NaN)} />);
    await expect.poll(() => new Set(seen).size, { timeout: 4_000 }).toBeGreaterThan(3);
    const after = Date.now() + hour + ann.clock.uncertainty;
    expect(seen.filter((time) => time % 50 !== 0)).toEqual([]);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
    expect(seen[0]).toBeGreaterThanOrEqual(before);
    expect(seen.at(-1)).toBeLessThanOrEqual(after);
  });

  test("goes over to the server's time once that is known", async () => {
    await using server = await startServer({ ahead: hour });
    await using ann = connect(server, "ann");
    const seen: number[] = [];
    const started = Date.now();
    using _page = render(ann, <Time onRender={(time) => seen.push(time ?? Number.NaN)} />);
    await expect.poll(() => seen.length, { timeout: 4_000 }).toBeGreaterThan(0);
    expect(seen[0]).toBeLessThan(started + hour / 2);
    await ann.counter.query.double({ of: 1 });
    await expect.poll(() => seen.at(-1), { timeout: 4_000 }).toBeGreaterThan(started + hour / 2);
  });
});

describe("useCountdown", () => {
  test("counts each second down to the end, by the server's clock, and says how sure that is", async () => {
    await using server = await startServer({ ahead: hour });
    await using ann = connect(server, "ann");
    await ann.counter.query.double({ of: 1 });
    await until({ current: ann.clock, subscribe: ann.clock.subscribe }, ({ uncertainty }) =>
      Number.isFinite(uncertainty),
    );
    const seen: string[] = [];
    using page = render(ann, <Left endsAt={ann.clock.now() + 1_900} onRender={(text) => seen.push(text)} />);
    await page.shows("over");
    const order = ["2 s", "1 s", "over"];
    const places = seen.map((text) => order.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted());
  });

  test("is uncertain until the server has told its time", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(ann, <Left endsAt={Date.now() + 100 * hour} />);
    await page.shows("360000 s uncertain");
    await ann.counter.query.double({ of: 1 });
    await expect.poll(() => page.text(), { timeout: 4_000 }).toMatch(/^3(60000|59999) s$/);
  });

  test("has nothing to count to without an instant, and is over at once after one", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(ann, <Left endsAt={null} />);
    await page.shows("nothing");
    page.show(<Left endsAt={Date.now() - hour} />);
    await page.shows("over uncertain");
  });
});

describe("A page that is rendered on a server", () => {
  test("has no time in it, which would be another one when it is shown", () => {
    const seen: unknown[] = [];
    const html = renderToString(
      <ShoalProvider client={connect({ url: "/trpc" }, null)}>
        <Time onRender={(time) => seen.push(time)} />
        <Left endsAt={Date.now() + hour} />
      </ShoalProvider>,
    );
    expect(seen).toEqual([undefined]);
    expect(html).toContain("nothing");
  });
});
