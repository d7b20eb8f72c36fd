import type { TypesOf } from "@shoal/contract";
import { shallow, type UseChannel, useChannel } from "@shoal/react";
import { describe, expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { counter } from "../../client/test/support/counter.ts";
import { startServer } from "../../client/test/support/server.ts";
import { until } from "../../client/test/support/until.ts";
import { render, Use } from "./support/render.tsx";

const home = { counterId: "home" };

interface Watcher {
  renders: number;
}

function Whole({ watcher }: { readonly watcher: Watcher }) {
  watcher.renders += 1;
  const { state, status } = useChannel(counter, home);
  return `whole: ${status} ${state?.value}\n`;
}

function IsLarge({ watcher }: { readonly watcher: Watcher }) {
  watcher.renders += 1;
  const { state, status } = useChannel(counter, home, { select: ({ value }) => value >= 10 });
  return `large: ${status} ${state}\n`;
}

function Recent({ watcher, equal }: { readonly watcher: Watcher; readonly equal?: typeof shallow }) {
  watcher.renders += 1;
  const { state } = useChannel(counter, home, { select: ({ history }) => history.filter((by) => by > 5), equal });
  return `recent: ${state}\n`;
}

describe("a component that selects", () => {
  test("renders only when what it selected changes, and others when anything does", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const [whole, large] = [{ renders: 0 }, { renders: 0 }];
    using page = render(ann, [<Whole key="a" watcher={whole} />, <IsLarge key="b" watcher={large} />]);
    await page.shows("whole: live 0\nlarge: live false\n");
    const before = { whole: whole.renders, large: large.renders };
    const { send } = ann.counter(home);
    for (const by of [1, 2, 3]) await send.add({ by });
    await page.shows("whole: live 6\nlarge: live false\n");
    expect(whole.renders).toBeGreaterThan(before.whole);
    expect(large.renders).toBe(before.large);
    await send.add({ by: 4 });
    await page.shows("whole: live 10\nlarge: live true\n");
    expect(large.renders).toBeGreaterThan(before.large);
  });

  test("compares lists item by item where it asks for that", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const [loose, exact] = [{ renders: 0 }, { renders: 0 }];
    using page = render(ann, [<Recent key="a" watcher={loose} equal={shallow} />, <Recent key="b" watcher={exact} />]);
    const { send } = ann.counter(home);
    await send.add({ by: 7 });
    await page.shows("recent: 7\nrecent: 7\n");
    const before = { loose: loose.renders, exact: exact.renders };
    await send.add({ by: 1 });
    await expect.poll(() => exact.renders, { timeout: 4_000 }).toBeGreaterThan(before.exact);
    expect(loose.renders).toBe(before.loose);
  });

  test("keeps what it selected over renders of its parent with a new function each", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const seen: unknown[] = [];
    const showPair = () => {
      const { state } = useChannel(counter, home, { select: ({ value }) => ({ value }), equal: shallow });
      seen.push(state);
      return state?.value;
    };
    using page = render(ann, [0, <Use key="pair" hook={showPair} />]);
    await page.shows("00");
    const before = seen.at(-1);
    page.show([1, <Use key="pair" hook={showPair} />]);
    await page.shows("10");
    expect(seen.at(-1)).toBe(before);
  });

  test("may look at what else there is to know of the topic", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const showOffset = () => useChannel(counter, home, { select: (_state, { offset }) => `at ${offset}` }).state;
    using page = render(ann, <Use hook={showOffset} />);
    await page.shows("at 0");
    await ann.counter(home).send.add({ by: 1 });
    await page.shows("at 1");
  });
});

describe("a burst of events", () => {
  test("makes a component render a few times, and ends with what is so", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const watcher = { renders: 0 };
    using page = render(ann, <Whole watcher={watcher} />);
    await page.shows("whole: live 0\n");
    const before = watcher.renders;
    await Promise.all(Array.from({ length: 200 }, () => bob.counter(home).send.addQuietly({ by: 1 })));
    await page.shows("whole: live 200\n");
    // Strictly rendered, each time counts twice.
    expect((watcher.renders - before) / 2).toBeLessThan(200);
  });

  test("does not keep back what the user does: it is shown before the call returns to the page", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const seen: (number | undefined)[] = [];
    const showValue = () => {
      const { state } = useChannel(counter, home);
      seen.push(state?.value);
      return state?.value;
    };
    using page = render(ann, <Use hook={showValue} />);
    await page.shows("0");
    const sent = ann.counter(home).send.add({ by: 5 });
    await Promise.resolve();
    expect(seen.at(-1)).toBe(5);
    await sent;
  });
});

describe("a component without params", () => {
  test("watches nothing, and begins once it has some", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const seen: (UseChannel<TypesOf<typeof counter>>["send"] | undefined)[] = [];
    const showValue = (id: string | null) => {
      const { status, state, send } = useChannel(counter, id === null ? null : { counterId: id });
      seen.push(send);
      return `${status} ${state?.value}`;
    };
    using page = render(ann, <Use hook={showValue} given={null} />);
    await page.shows("idle undefined");
    expect(ann.connection.current.status).toBe("idle");
    expect(seen.at(-1)).toBeUndefined();
    page.show(<Use hook={showValue} given="home" />);
    await page.shows("live 0");
    page.show(<Use hook={showValue} given={null} />);
    await page.shows("idle undefined");
    await until(ann.connection, ({ status }) => status === "open");
  });
});
