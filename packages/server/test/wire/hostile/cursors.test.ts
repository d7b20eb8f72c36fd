import { formatPosition, parsePosition } from "@shoal/contract";
import { system } from "@shoal/server";
import { beforeAll, describe, expect, test } from "vitest";
import { serveVault, vault } from "../../support/vault.ts";
import { askHttp, httpRequest } from "./support/ask-http.ts";
import { request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { expectNoInside } from "./support/world.ts";

const world = useWorld({ more: [serveVault().served] });
/** Where the counter is after its events, and how many it had. */
let at: string;
const events = 3;
const counterId = "with a past";

beforeAll(async () => {
  for (let by = 1; by <= events; by += 1) await world.app.as("ann").counter.add({ counterId, by });
  await using peer = await world.open();
  peer.say(request(1, "subscription", "counter.watch", JSON.stringify({ counterId })));
  const text = await peer.texts.first((one) => one.includes('"snapshot"'));
  at = JSON.parse(text).result.id;
});

const watch = (lastEventId: string) =>
  request(1, "subscription", "counter.watch", `{"counterId":"${counterId}","lastEventId":${lastEventId}}`);

const garbage: readonly (readonly [what: string, json: string])[] = [
  ["empty", '""'],
  ["a word", '"garbage"'],
  ["a number", "3"],
  ["an object", '{"epoch":"a","offset":1,"audience":"all"}'],
  ["a list", '["a:1:all"]'],
  ["what every object knows", '"__proto__"'],
  ["of an offset that is negative", '"a:-1:all"'],
  ["of an offset with a sign", '"a:+1:all"'],
  ["of an offset with a zero before it", '"a:01:all"'],
  ["of an offset that is a fraction", '"a:1.5:all"'],
  ["of an offset with an exponent", '"a:1e3:all"'],
  ["of an offset beyond what is counted exactly", '"a:9007199254740992:all"'],
  ["of an offset beyond all numbers", `"a:${"9".repeat(400)}:all"`],
  ["of an offset in Arabic digits", '"a:\u0661:all"'],
  ["of no epoch", '":1:all"'],
  ["of no audience", '"a:1:"'],
  ["of two audiences", '"a:1:all:all"'],
  ["of an epoch longer than any", `"${"a".repeat(65)}:1:all"`],
  ["of an epoch with a quote", '"a\\"b:1:all"'],
  ["followed by a line", '"a:1:all\\n"'],
  ["followed by a NUL", '"a:1:all\\u0000"'],
  ["two lines, of which the second is a frame of SSE", '"a:1:all\\n\\ndata: {}"'],
  ["of 200,000 colons", `"${":".repeat(200_000)}"`],
];

/** Each is a position by its form, and none from which one can go on. */
const elsewhere: readonly (readonly [
  what: string,
  reason: string,
  change: Partial<ReturnType<typeof parsePosition>>,
])[] = [
  ["one event ahead", "ahead", { offset: events + 1 }],
  ["as far ahead as offsets go", "ahead", { offset: Number.MAX_SAFE_INTEGER }],
  ["of another epoch", "epoch", { epoch: "another" }],
  ["of another epoch, at the beginning", "epoch", { epoch: "another", offset: 0 }],
  ["of an epoch that every object knows", "epoch", { epoch: "__proto__" }],
  ["of another audience", "audience", { audience: "staff" }],
  ["of an audience that every object knows", "audience", { audience: "constructor" }],
];

describe("A lastEventId", () => {
  test.each(garbage)("that is %s is refused with BAD_REQUEST, and nothing is sent", async (_what, json) => {
    await using peer = await world.open();
    peer.say(watch(json));
    const answer = await peer.answer(1);
    expect(JSON.parse(answer)).toMatchObject({ error: { json: { data: { code: "BAD_REQUEST" } } } });
    expectNoInside(answer);
    await peer.goesOn();
    expect(peer.texts.items).toHaveLength(1);
  });

  test.each(elsewhere)("that is %s is answered by a snapshot for the reason %s", async (_what, reason, change) => {
    await using peer = await world.open();
    const position = formatPosition({ ...parsePosition(at), ...change });
    peer.say(watch(JSON.stringify(position)));
    const [, opening = ""] = await peer.texts.count(2);
    expect(JSON.parse(opening).result.data.json.data).toMatchObject({ kind: "snapshot", reason, offset: events });
  });

  test("of another topic is no place in this one", async () => {
    await using peer = await world.open();
    peer.say(request(1, "subscription", "counter.watch", `{"counterId":"another","lastEventId":"${at}"}`));
    const [, opening = ""] = await peer.texts.count(2);
    expect(JSON.parse(opening).result.data.json.data).toMatchObject({ reason: "epoch", state: { added: [] } });
  });

  test("of another audience's topic shows nothing of what that one sees", async () => {
    const positions: string[] = [];
    await world.app.realtime.topic(vault, { vaultId: "main" }).as(system).send.put({ n: 1 });
    for (const audience of ["staff", "buyers", "public"]) {
      await using peer = await world.open();
      peer.say(request(1, "subscription", "vault.watch", '{"vaultId":"main"}'));
      const [, opening = ""] = await peer.texts.count(2);
      positions.push(formatPosition({ ...parsePosition(JSON.parse(opening).result.id), audience, offset: 0 }));
    }
    for (const position of positions) {
      await using peer = await world.open();
      peer.say(request(1, "subscription", "vault.watch", `{"vaultId":"main","lastEventId":"${position}"}`));
      await peer.texts.first((text) => text.includes('"full"'));
      expect(peer.texts.items.join()).not.toMatch(/ForStaffOnly|ForStaffAndBuyers|ForNobodysEyes/);
    }
  });

  test("beside the input counts before the one in it", async () => {
    await using peer = await world.open();
    const start = formatPosition({ ...parsePosition(at), offset: 0 });
    peer.say(watch('"garbage"').replace('"input"', `"lastEventId":"${start}","input"`));
    const [, opening = ""] = await peer.texts.count(2);
    expect(JSON.parse(opening).result.data.json.data).toEqual({ kind: "resumed", replayed: events });
  });

  test.each(["Last-Event-Id: a:1:all:b", "Last-Event-Id: ", "Last-Event-Id: \u00ff\u00fe"])(
    "in the header %j is refused",
    async (header) => {
      const input = encodeURIComponent(`{"json":{"counterId":"${counterId}","lastEventId":"garbage"}}`);
      const [answer] = await askHttp(
        world.port,
        httpRequest(`GET /trpc/realtime.counter.watch?input=${input}`, [header]),
      );
      expect(answer?.body).toContain('"code":"BAD_REQUEST"');
      expect(answer?.body).not.toContain('"kind"');
    },
  );
});
