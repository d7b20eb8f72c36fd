import { createHTTPHandler as ours } from "@shoal/server/sse";
import { createHTTPHandler as theirs } from "@trpc/server/adapters/standalone";
import { describe, expect, test } from "vitest";
import { inTime } from "../../support/recorder.ts";
import {
  type CreateHandler,
  createStreams,
  type StreamsConfig,
  serveStreams,
  watchPath,
} from "./support/stream-app.ts";

type Options = NonNullable<Parameters<typeof serveStreams>[2]>;

interface Question {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly options?: Options;
  readonly config?: StreamsConfig;
}

const json = { "content-type": "application/json" };
const nobody = { authorization: "" };
const home = watchPath("home");
const batch = (paths: string) => `/trpc/${paths}?batch=1&input=${encodeURIComponent('{"0":1,"1":{"noteId":"home"}}')}`;

/** All of an answer, whoever gave it, and what happened and was told meanwhile. */
async function answerOf(handler: CreateHandler, { path, options, config, ...init }: Question) {
  await using app = createStreams(config);
  await using server = await serveStreams(app, handler, options);
  const headers = { authorization: "ann", ...init.headers };
  const response = await fetch(`${server.url}${path}`, { ...init, headers });
  const text = await inTime(response.text(), "the end of the answer");
  const { date: _date, ...told } = Object.fromEntries(response.headers);
  return { status: response.status, headers: told, text, faults: server.faults.items, happened: app.happened.items };
}

const questions: readonly (readonly [string, Question])[] = [
  ["a query", { path: "/trpc/echo?input=5" }],
  ["a mutation", { path: "/trpc/keep", method: "POST", headers: json, body: '{"a":1}' }],
  ["a procedure that does not exist", { path: "/trpc/realtime.note.sum" }],
  ["a batch", { path: batch("echo,echo") }],
  ["a batch with a watch in it", { path: batch("echo,realtime.note.watch") }],
  ["a batch of one watch", { path: `${home}&batch=1` }],
  ["a batch of mutations", { path: "/trpc/keep,keep?batch=1", method: "POST", headers: json, body: '{"0":1,"1":2}' }],
  ["a batch where batches are refused", { path: batch("echo,echo"), options: { allowBatching: false } }],
  [
    "a query by POST where that is allowed",
    { path: "/trpc/echo", method: "POST", headers: json, body: "5", options: { allowMethodOverride: true } },
  ],
  [
    "a body that is too large",
    { path: "/trpc/keep", method: "POST", headers: json, body: '"too large"', options: { maxBodySize: 4 } },
  ],
  ["HEAD", { path: home, method: "HEAD" }],
  ["OPTIONS", { path: home, method: "OPTIONS" }],
  ["PUT", { path: home, method: "PUT", headers: json, body: "{}" }],
  ["another address", { path: "/" }],
  ["an address that is no text", { path: "/trpc/%E0%A4%A" }],
  ["a subscription of the application", { path: "/trpc/count?input=1" }],
  ["one that was asked with a last id", { path: "/trpc/count?input=1", headers: { "last-event-id": "7" } }],
  [
    "one by POST where that is allowed",
    { path: "/trpc/count", method: "POST", headers: json, body: "1", options: { allowMethodOverride: true } },
  ],
  ["one that fails on its way", { path: "/trpc/breaking" }],
  ["one that throws", { path: "/trpc/refusing" }],
  ["one that returns no stream", { path: "/trpc/single" }],
  ["one that returns an observable", { path: "/trpc/observed" }],
  ["one that ends after so much time", { path: "/trpc/forever", config: { sse: { maxDurationMs: 30 } } }],
  ["a watch by nobody", { path: home, headers: nobody }],
  ["a watch of which no context can be made", { path: home, headers: { authorization: "mallory" } }],
  ["a watch without its params", { path: "/trpc/realtime.note.watch" }],
  ["a watch whose input is no JSON", { path: "/trpc/realtime.note.watch?input={" }],
  ["a watch from what is no position", { path: `${home}&lastEventId=1` }],
  ["a watch by POST", { path: home, method: "POST", headers: json, body: "{}" }],
  [
    "a watch by a POST that is no JSON",
    { path: home, method: "POST", headers: json, body: "{", options: { allowMethodOverride: true } },
  ],
  ["a watch by a POST without a type", { path: home, method: "POST", options: { allowMethodOverride: true } }],
  [
    "a watch by a POST that is too large",
    {
      path: home,
      method: "POST",
      headers: json,
      body: '{"noteId":"home"}',
      options: { allowMethodOverride: true, maxBodySize: 4 },
    },
  ],
  ["a watch by a client that asks for lines of JSON", { path: home, headers: { "trpc-accept": "application/jsonl" } }],
  ["a watch where there are no streams", { path: home, config: { sse: { enabled: false } } }],
  ["a watch where streams end at once", { path: home, config: { sse: { emitAndEndImmediately: true } } }],
  [
    "a watch where pings are slower than clients are patient",
    {
      path: home,
      config: { sse: { ping: { enabled: true, intervalMs: 9 }, client: { reconnectAfterInactivityMs: 8 } } },
    },
  ],
  [
    "what a middleware refuses",
    { path: home, options: { middleware: (_req, _res, next) => next(new Error("Not here.")) } },
  ],
  ["what a middleware answers", { path: home, options: { middleware: (_req, res) => res.end("by itself") } }],
  [
    "what a middleware breaks",
    {
      path: home,
      options: {
        middleware: () => {
          throw new Error("Broken.");
        },
      },
    },
  ],
  [
    "a watch whose responseMeta throws",
    {
      path: home,
      options: {
        responseMeta: () => {
          throw new Error("No meta.");
        },
      },
    },
  ],
];

describe("Shoal's handler answers as tRPC's does:", () => {
  test.each(questions)("%s", async (_what, question) => {
    const epoch = /[\w-]{16}(?=:\d+:all)/g;
    const [pushed, pulled] = [await answerOf(ours, question), await answerOf(theirs, question)];
    expect({ ...pushed, text: pushed.text.replace(epoch, "") }).toEqual({
      ...pulled,
      text: pulled.text.replace(epoch, ""),
    });
  });
});
