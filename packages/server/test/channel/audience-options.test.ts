import { serveChannel } from "@shoal/server";
import { expect, test } from "vitest";
import { gauges } from "../support/gauges.ts";

const commands = { add: () => {}, note: () => {}, forget: () => {} };
const view = { state: (state: object) => state, event: (event: object) => event };
const audience = () => "a";

test.each([
  [{ view }, "a `view` needs `audiences`, and `audience`"],
  [{ view, audiences: ["a"] }, "a `view` needs `audiences`, and `audience`"],
  [{ view, audiences: ["a"], pace: { a: 100 } }, "a `view` needs `audiences`, and `audience`"],
  [{ audience }, "`audience` names one of `audiences`. Declare them."],
  [{ audiences: ["a"] }, "`audiences` see otherwise by a `view`, or at another `pace`. Give one of them."],
  [{ audiences: ["a"], audience }, "`audiences` see otherwise by a `view`, or at another `pace`. Give one of them."],
  [{ audiences: [], pace: {} }, "`audiences` has none."],
  [{ pace: { a: 100 } }, '`pace` names "a", which is not among its audiences.'],
  [{ audiences: ["a"], pace: { b: 100 } }, '`pace` names "b", which is not among its audiences.'],
  [{ audiences: ["system"], pace: {} }, "that is the server itself"],
  [{ audiences: ["a b"], pace: {} }, '"a b" is no audience'],
  [{ merge: (_: object, later: object) => later }, "`merge` is of events with one key. Give `conflate`, too."],
  ...[0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 86_400_001, "100", null].map(
    (ms) => [{ audiences: ["a"], pace: { a: ms } }, 'the pace of "a" must be a whole number of milliseconds'] as const,
  ),
] as const)("%j is refused", (options, why) => {
  expect(() => serveChannel(gauges, { ...options, commands } as never)).toThrow(why);
});

test.each([
  { audiences: ["a"], pace: {} },
  { audiences: ["a", "b"], pace: { a: 1, b: 86_400_000 } },
  { audiences: ["a"], audience, pace: { a: undefined } },
  { audiences: ["a"], audience, view },
  { audiences: ["a"], audience, view, pace: { a: 5 } },
])("%j is served", (options) => {
  expect(serveChannel(gauges, { ...options, commands } as never)).toBeDefined();
});
