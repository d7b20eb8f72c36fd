import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type StartedApp, startApp } from "../support/app.ts";
import { type Connected, codeOf, connectBySocket, follow, followUntyped, refusal } from "../support/connect.ts";
import { expectHealthy } from "../support/healthy.ts";
import { loggedSecret } from "../support/mischief.ts";
import { openRawSocket } from "../support/raw-socket.ts";

const open = { place: "open" };

let app: StartedApp;
let ann: Connected;

beforeAll(async () => {
  app = await startApp();
});

// The realtime first: one of the commands is never answered, and the server would wait for it.
afterAll(async () => {
  await app.realtime.close();
  await app.close();
});

beforeEach(() => {
  ann = connectBySocket(app, "ann");
  app.logged.items.length = 0;
});

afterEach(async () => {
  for (const text of ann.texts) expect(text).not.toMatch(/hunter2|internal|\.ts:\d+|node_modules/);
  await ann[Symbol.asyncDispose]();
  await expectHealthy(app);
});

const hidden = {
  code: "INTERNAL_SERVER_ERROR",
  message: expect.stringMatching(/^Something failed on the server\. Its log says more under [0-9a-f-]{36}\.$/),
};

/** The one error that was logged, and the id by which the caller can tell it. */
function loggedFault() {
  const faults = app.logged.items.filter(({ level }) => level === "error");
  expect(faults).toHaveLength(1);
  return faults[0]?.fields as { readonly requestId: string; readonly error: unknown };
}

describe("A handler that fails", () => {
  test.each([
    ["throws", "throwError", /db\.internal/],
    ["throws a text", "throwText", /db\.internal/],
    ["throws nothing at all", "throwNothing", /^undefined$/],
    ["returns a promise", "returnPromise", /returned a promise/],
    ["returns a promise that is rejected", "rejectLater", /returned a promise/],
    ["emits what its schema refuses", "emitInvalid", /event "mischief\.done"/],
    ["emits what is not declared", "emitUnknown", /declares no event "undone"/],
    ["emits by a name that every object knows", "emitInherited", /declares no event "toString"/],
    ["emits what cannot be applied", "emitBroken", /db\.internal/],
    ["emits and then throws", "emitThenThrow", /db\.internal/],
    ["rejects by a reason that is not declared", "rejectUnknown", /declares no rejection "constructor"/],
    ["rejects with what its schema refuses", "rejectInvalid", /rejection "NO"/],
    ["returns what its schema refuses", "returnInvalid", /result of "mischief\.returnInvalid"/],
  ] as const)(
    "because it %s is logged under an id that the caller gets, and nothing is stored",
    async (_what, name, why) => {
      const answer = await refusal(ann.trpc.mischief[name].mutate(open));
      expect(answer).toEqual(hidden);
      const { requestId, error } = loggedFault();
      expect(answer.message).toContain(requestId);
      expect(typeof error === "object" ? (error as Error).message : String(error)).toMatch(why);
      const { frames, stop } = follow(ann.trpc.mischief.watch, open);
      const [opening] = await frames.count(1);
      stop();
      expect(opening?.data).toMatchObject({ kind: "snapshot", offset: 0, state: { count: 0 } });
    },
  );

  test("fails alone: commands that are decided with it are stored", async () => {
    const place = "together";
    const answers = await Promise.all([
      ann.trpc.mischief.behave.mutate({ place }),
      refusal(ann.trpc.mischief.throwError.mutate({ place })),
      ann.trpc.mischief.behave.mutate({ place }),
    ]);
    expect(answers).toEqual([{ ok: true, offset: 1 }, hidden, { ok: true, offset: 2 }]);
  });

  test("may be asked again under the same commandId, since nothing was recorded", async () => {
    const input = { ...open, commandId: "again" };
    expect(await refusal(ann.trpc.mischief.throwError.mutate(input))).toEqual(hidden);
    expect(await refusal(ann.trpc.mischief.throwError.mutate(input))).toEqual(hidden);
  });

  test("and emits after its time has no effect", async () => {
    const place = "late";
    expect(await ann.trpc.mischief.keepEmitting.mutate({ place })).toEqual({ ok: true, offset: 1 });
    expect(await ann.trpc.mischief.behave.mutate({ place })).toEqual({ ok: true, offset: 2 });
    const { frames, stop } = follow(ann.trpc.mischief.watch, { place });
    const [opening] = await frames.count(1);
    stop();
    expect(opening?.data).toMatchObject({ offset: 2, state: { count: 8 } });
  });
});

describe("A handler that refuses", () => {
  test("by an error that is meant for the caller says what it means, and hides the cause", async () => {
    const { throwRefusal, throwTRPC } = ann.trpc.mischief;
    expect(await refusal(throwRefusal.mutate(open))).toEqual({ code: "FORBIDDEN", message: "Not on a Sunday." });
    expect(await refusal(throwTRPC.mutate(open))).toEqual({ code: "PAYMENT_REQUIRED", message: "Not for free." });
  });

  test("by a rejection takes back what it emitted", async () => {
    const place = "rejected";
    const outcome = await ann.trpc.mischief.emitThenReject.mutate({ place });
    expect(outcome).toEqual({ ok: false, reason: "NO" });
    expect(await ann.trpc.mischief.behave.mutate({ place })).toEqual({ ok: true, offset: 1 });
  });
});

describe("A query that throws", () => {
  test("is logged under an id that the caller gets", async () => {
    const answer = await refusal(ann.trpc.mischief.fail.query());
    expect(answer).toEqual(hidden);
    expect(loggedFault().error).toMatchObject({ message: loggedSecret });
  });
});

describe("An authorize", () => {
  test.each(["throwing", "rejecting"])("that fails lets nobody in: %s", async (place) => {
    const { errors } = followUntyped(ann, "realtime.mischief.watch", { place });
    expect(codeOf((await errors.count(1))[0])).toEqual(hidden);
    expect(await refusal(ann.trpc.mischief.behave.mutate({ place }))).toEqual(hidden);
    expect(app.logged.items.map(({ fields }) => fields.error)).toMatchObject([
      { message: loggedSecret },
      { message: loggedSecret },
    ]);
  });

  test.each(["closed", "silent"])("that says anything but yes lets nobody in: %s", async (place) => {
    const { errors } = followUntyped(ann, "realtime.mischief.watch", { place });
    const forbidden = { code: "FORBIDDEN", message: expect.stringContaining("mischief.") };
    expect(codeOf((await errors.count(1))[0])).toEqual(forbidden);
    expect(await refusal(ann.trpc.mischief.behave.mutate({ place }))).toEqual(forbidden);
    expect(app.logged.items).toEqual([]);
  });

  test("that never answers holds up nobody else, on the same socket neither", async () => {
    const { frames } = followUntyped(ann, "realtime.mischief.watch", { place: "hanging" });
    const hanging = Promise.race([ann.trpc.mischief.behave.mutate({ place: "hanging" }).catch(() => "ended")]);
    expect(await ann.trpc.mischief.behave.mutate({ place: "beside" })).toMatchObject({ ok: true });
    await expectHealthy(app);
    expect(frames.items).toEqual([]);
    app.cut();
    expect(await hanging).toBe("ended");
  });
});

describe("A schema", () => {
  test("that a deep input overwhelms costs the server nothing but an error", async () => {
    for (const depth of [100, 1_000, 2_000, 3_000, 5_000, 10_000, 100_000]) {
      await using socket = await openRawSocket(app, "ann");
      const nested = `${"[".repeat(depth)}${"]".repeat(depth)}`;
      socket.ask(1, "mutation", "realtime.mischief.deep", `{"place":"open","json":${nested}}`);
      const [answer] = await socket.texts.count(1);
      expect(answer).toMatch(depth > 100 ? /"ok":true|"code":"[A-Z_]+"/ : /"ok":true/);
    }
  });
});
