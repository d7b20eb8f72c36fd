import { readFileSync } from "node:fs";
import { type AnyFrame, errorCodes, isRetryable, snapshotReasons } from "@shoal/contract";
import { TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { closingFor, closings } from "../../src/transport/ws/closing.ts";
import { startApp } from "./app.ts";
import { exampleOf, examples, fields, subsections, table } from "./document.ts";
import { documentEpoch, Story } from "./story.ts";
import { Wire } from "./wire.ts";

/** Every kind of frame: the compiler asks for a new one. */
const kinds = Object.keys({
  snapshot: true,
  presence: true,
  events: true,
  resumed: true,
  broadcast: true,
} satisfies Record<AnyFrame["kind"], true>);

describe("PROTOCOL.md names what the code has, and nothing else:", () => {
  test("the kinds of frames", () => {
    expect(sorted(subsections("## Frames"))).toEqual(sorted(kinds));
  });

  test("the reasons of snapshots", () => {
    expect([...table("### `snapshot`").keys()]).toEqual([...snapshotReasons]);
  });

  test("the codes of errors, and which of them are retryable", () => {
    const described = [...table("## Errors")].map(([code, [retryable]]) => [code, retryable]);
    expect(described).toEqual(errorCodes.map((code) => [code, isRetryable(code) ? "yes" : "no"]));
  });

  test("the order of frames", () => {
    const { text } = exampleOf("order");
    expect(sourceOf("frame")).toContain(`in this order: \`${text.trim()}\``);
  });

  test("the codes with which connections are closed", () => {
    const codes = ["UNAUTHORIZED", "FORBIDDEN", "TOO_MANY_REQUESTS"] as const;
    const refusals = codes.map((code) => closingFor(new TRPCError({ code })));
    // Those of `ws`.
    const others = [{ code: 1008 }, { code: 1009 }];
    const used = [...Object.values(closings), ...refusals, ...others].map(({ code }) => String(code));
    expect([...table("#### Close codes").keys()]).toEqual(sorted(new Set(used)));
  });

  test("the names that are taken", () => {
    const source = sourceOf("define-channel");
    const rows = [...table("### Names that are taken")];
    const takenFor = (what: string) =>
      sorted(rows.flatMap(([name, [where = ""]]) => (where.includes(what) ? name : [])));
    expect(takenFor("commands")).toEqual(wordsIn(source, /reservedCommands = \[(.*?)\]/s));
    expect(takenFor("queries")).toEqual(wordsIn(source, /reservedCommands = \[(.*?)\]/s));
    expect(takenFor("channels")).toEqual(wordsIn(source, /reservedChannels = \[(.*?)\]/s));
    expect(takenFor("rejection fields")).toEqual(wordsIn(source, /reservedRejectionFields = \[(.*?)\]/s));
    expect(takenFor("command fields")).toEqual(wordsIn(source, /keyof Input & \(keyof Params (.*?)\)/s));
    expect(takenFor("params")).toEqual(wordsIn(source, /type ReservedParam<Pr, B> =(.*?);/s));
  });
});

describe("The examples of PROTOCOL.md", () => {
  test("are one conversation with a real server, in which every field of every frame is described", async () => {
    await using app = await startApp();
    using story = await Story.begin(app);
    for (const example of examples.filter(({ language }) => language === "json")) await story.play(example);
    for (const kind of kinds) {
      const frames = story.frames.filter((frame) => frame.kind === kind);
      expect(sorted(fields(`### \`${kind}\``))).toEqual(fieldsOf(frames));
    }
  });

  test("are what SSE carries", async () => {
    await using app = await startApp();
    const { name: input, text } = exampleOf("sse");
    const url = `http://localhost:${app.port}/trpc/realtime.counter.watch?input=${encodeURIComponent(input)}`;
    const { body } = await fetch(url, { headers: { authorization: "Ann" } });
    let heard = "";
    for await (const chunk of body ?? []) {
      heard += Buffer.from(chunk).toString();
      if (heard.length >= text.length) break;
    }
    expect(heard.replaceAll(/^id: [\w-]{16}:/gm, `id: ${documentEpoch}:`).trim()).toBe(text.trim());
  });
});

describe("A stream", () => {
  test("tells why it is refused in an event, with the status 200", async () => {
    await using app = await startApp();
    const response = await fetch(`http://localhost:${app.port}/trpc/realtime.counter.watch?input={"counterId":"home"}`);
    expect(response.status).toBe(200);
    const [connected, error] = (await response.text()).split("\n\n\n");
    expect(connected).toBe("event: connected\ndata: {}");
    expect(error).toMatch(/^event: serialized-error\ndata: \{.*"code":"UNAUTHORIZED".*\}$/);
  });
});

describe("A connection", () => {
  test("goes on after a message that is no JSON", async () => {
    await using app = await startApp();
    using wire = await Wire.open(app);
    wire.sendText("{{");
    await expect.poll(() => wire.messages).toMatchObject([{ id: null, error: { data: { code: "PARSE_ERROR" } } }]);
    wire.sendText("PING");
    await expect.poll(() => wire.texts).toContain("PONG");
  });

  test("is closed after an error when the application cannot make its context", async () => {
    await using app = await startApp();
    using wire = await Wire.open(app, "?connectionParams=1");
    const closed = wire.closed();
    wire.send({ method: "connectionParams", data: { token: "Mallory" } });
    await closed;
    expect(wire.messages).toMatchObject([{ id: null, error: { message: "Not this one." } }]);
  });

  test("is closed with 4001 when it does not bring new credentials in time, and with 4003 when they are another's", async () => {
    await using app = await startApp();
    using idle = await Wire.open(app, "?connectionParams=1");
    using other = await Wire.open(app, "?connectionParams=1");
    const closed = [idle, other].map((wire) => wire.closed());
    for (const wire of [idle, other]) wire.send({ method: "connectionParams", data: { token: "Ann" } });
    other.send({ method: "connectionParams", data: { token: "Ben" } });
    expect(await Promise.all(closed)).toEqual([4001, 4003]);
  }, 10_000);

  test("is closed with 1009 by a message that is too large", async () => {
    await using app = await startApp();
    using wire = await Wire.open(app);
    const closed = wire.closed();
    wire.sendText(" ".repeat(262_145));
    expect(await closed).toBe(1009);
  });

  test("is closed with 4012 by a server that stops, when it does not go by itself", async () => {
    await using app = await startApp();
    using wire = await Wire.open(app);
    const closed = wire.closed();
    await app.close();
    expect(await closed).toBe(4012);
  });
});

function sourceOf(name: string): string {
  return readFileSync(new URL(`../../../contract/src/${name}.ts`, import.meta.url), "utf8");
}

/** The words in double quotes in what the pattern's group finds. */
function wordsIn(source: string, pattern: RegExp): readonly string[] {
  const [, found] = pattern.exec(source) ?? [];
  if (found === undefined) throw new Error(`The source has nothing like ${pattern}.`);
  return sorted([...found.matchAll(/"(\w+)"/g)].map(([, word = ""]) => word));
}

/** The fields of the frames, but for `kind`, and those of the entries of `events`. */
function fieldsOf(frames: readonly object[]): readonly string[] {
  const entries = frames.flatMap((frame) => ("events" in frame ? (frame.events as readonly object[]) : []));
  const own = frames.flatMap((frame) => Object.keys(frame)).filter((name) => name !== "kind");
  return sorted(new Set([...own, ...entries.flatMap((entry) => Object.keys(entry)).map((name) => `events[].${name}`)]));
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...names].sort();
}
