import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventParser, type ServerEvent } from "../../src/connection/event-parser.ts";

/** What a parser makes of a text that comes in pieces, cut at these places. */
function parse(text: string, cuts: readonly number[] = []): readonly ServerEvent[] {
  const parser = new EventParser();
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return places.slice(1).flatMap((end, index) => parser.push(text.slice(places[index], end)));
}

const lineEnds = ["\n", "\r\n", "\r"] as const;

describe("A stream of events", () => {
  test.each(lineEnds.map((end) => [end]))("may end its lines with %j", (end) => {
    const lines = [
      "event: tick",
      "data: a",
      "data:b",
      "data",
      "id: 7",
      "retry: 5",
      ": a comment",
      "",
      "data:  c",
      "",
      "",
    ];
    expect(parse(lines.join(end))).toEqual([
      { type: "tick", data: "a\nb\n", id: "7" },
      { type: "message", data: " c", id: "7" },
    ]);
  });

  test("tells an event once its empty line has come, and none without data", () => {
    expect(parse("data: a\n")).toEqual([]);
    expect(parse("event: nothing\nid: 3\n\ndata: b\n\n")).toEqual([{ type: "message", data: "b", id: "3" }]);
  });

  test("keeps its last id until another one comes, which may be none", () => {
    expect(parse("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: \0\ndata: d\n\n").map(({ id }) => id)).toEqual([
      "1",
      "1",
      "",
      "",
    ]);
  });

  test("is the same in whatever pieces it comes", () => {
    const line = fc.oneof(
      fc.constantFrom("", "", "data", "data:", "event: tick", "id: 7", "id:", ": comment", "retry: 1", 'data: {"a":1}'),
      fc.string().map((text) => text.replaceAll(/[\r\n]/g, " ")),
    );
    const text = fc
      .array(fc.tuple(line, fc.constantFrom(...lineEnds)), { maxLength: 40 })
      .map((lines) => lines.flat().join(""));
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 30 }), (whole, cuts) => {
        expect(parse(whole, cuts)).toEqual(parse(whole));
      }),
    );
  });

  test("gives back what was written", () => {
    const event = fc.record({ type: fc.constantFrom("message", "ping", "connected"), data: fc.json(), id: fc.uuid() });
    fc.assert(
      fc.property(fc.array(event), fc.array(fc.nat(), { maxLength: 30 }), (events, cuts) => {
        const text = events.map(({ type, data, id }) => `event: ${type}\ndata: ${data}\nid: ${id}\n\n\n`).join("");
        expect(parse(text, cuts)).toEqual(events);
      }),
    );
  });
});
