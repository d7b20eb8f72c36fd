import { maxPushDevices, pushDevices } from "@shoal/contract/push-devices";
import { createMemoryStore, initRealtime, type User } from "@shoal/server";
import { webPush } from "@shoal/server/web-push";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { userOf } from "../support/app.ts";
import { hurried } from "../support/hurried.ts";
import { Logged } from "../support/logged.ts";
import { createDeliveries } from "./deliveries-app.ts";
import { type DeliveriesOptions, deliveryChannels } from "./delivery-channels.ts";
import { openPushServer, type PushBrowser, vapidKeys } from "./push-server.ts";

const keys = vapidKeys();
const subject = "mailto:ops@example.com";
const mention = { room: "reef", text: "Hello" };

const given = ({ endpoint, keys }: PushBrowser) => ({ endpoint, keys });

/** Inboxes that push to the browsers of a push service of their own. */
async function createPushes() {
  const server = await openPushServer(keys.publicKey);
  const app = createDeliveries({ push: webPush({ ...keys, subject, privateEndpoints: true }) });
  return {
    ...app,
    server,
    /** A browser of a user, which gets push. */
    async browser(userId: string, browser = server.subscribe()) {
      await app.devices(userId).send.subscribe(given(browser));
      await app.w.settle();
      return browser;
    },
    count: async (userId: string) => (await app.inbox(userId).state()).devices,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

type Pushes = Awaited<ReturnType<typeof createPushes>>;

/** The id of a user's only browser. */
const idOf = async (app: Pushes, userId: string) => (await app.devices(userId).state()).devices[0]?.id;

const payloads = (browser: PushBrowser) => browser.pushed.items.map(({ payload }) => payload);

describe("A notification", () => {
  test("is pushed to each of its user's browsers, with what it says", async () => {
    await using app = await createPushes();
    const [phone, laptop] = [await app.browser("ann"), await app.browser("ann")];
    const other = await app.browser("ben");
    expect(await app.count("ann")).toBe(2);
    const id = await app.notify("ann", "mention", mention, { actor: "ben" });
    const payload = { id, kind: "mention", title: "BEN in reef", body: "Hello", url: "/rooms/reef" };
    expect(payloads(phone)).toEqual([payload]);
    expect(payloads(laptop)).toEqual([payload]);
    expect(payloads(other)).toEqual([]);
    expect(phone.pushed.items[0]?.headers).toMatchObject({ ttl: `${28 * 86_400}`, urgency: "normal" });
    expect(phone.pushed.items[0]?.headers).not.toHaveProperty("topic");
    expect(app.server.refused).toEqual([]);
  });

  test("that is critical, lives shortly, or is folded, says so to the push service", async () => {
    await using app = await createPushes();
    const phone = await app.browser("ann");
    await app.notify("ann", "alarm", { what: "Fire" });
    await app.notify("ann", "invite", { to: "a party" });
    await app.notify("ann", "like", { post: "p" }, { actor: "ben" });
    await app.notify("ann", "like", { post: "p" }, { actor: "cid" });
    const [alarm, invite, like, more] = phone.pushed.items.map(({ headers }) => headers);
    expect(alarm).toMatchObject({ urgency: "high" });
    expect(Number(invite?.ttl)).toBeGreaterThan(50);
    expect(Number(invite?.ttl)).toBeLessThanOrEqual(60);
    expect(like?.topic).toMatch(/^[\w-]{32}$/);
    expect(more?.topic).toBe(like?.topic);
    expect(payloads(phone).at(-1)).toMatchObject({ title: "CID and 1 others" });
  });

  test("is not pushed where push is off, or where it was read before the push service took it", async () => {
    await using app = await createPushes();
    const phone = await app.browser("ann");
    phone.answer = { status: 503 };
    const id = await app.notify("ann", "mention", mention);
    await app.inbox("ann").send.markRead({ ids: [id] });
    phone.answer = { status: 201 };
    await app.w.advance("10m");
    await app.inbox("ann").send.setPreference({ category: "talk", via: "push", on: false });
    await app.notify("ann", "mention", mention);
    expect(phone.tries).toBe(1);
    expect(payloads(phone)).toEqual([]);
  });
});

describe("A browser", () => {
  test("that is known no more is taken off, and the inbox counts without it", async () => {
    await using app = await createPushes();
    const [old, phone] = [await app.browser("ann"), await app.browser("ann")];
    old.answer = { status: 410 };
    await app.notify("ann", "mention", mention);
    expect(await app.count("ann")).toBe(1);
    await app.notify("ann", "mention", mention);
    expect(old.tries).toBe(1);
    expect(payloads(phone)).toHaveLength(2);
    expect(app.logged()).toEqual([]);
  });

  test("that cannot be reached is tried again when the push service says so, and no other is sent anything twice", async () => {
    await using app = await createPushes();
    const [busy, phone] = [await app.browser("ann"), await app.browser("ann")];
    busy.answer = { status: 429, headers: { "retry-after": "60" } };
    await app.notify("ann", "mention", mention);
    busy.answer = { status: 201 };
    await app.w.advance("59s");
    expect([busy.tries, phone.tries]).toEqual([1, 1]);
    await app.w.advance("2s");
    expect([busy.tries, phone.tries]).toEqual([2, 1]);
    expect(payloads(busy)).toEqual(payloads(phone));
  });

  test("that cannot be reached holds back no other one", async () => {
    await using app = await createPushes();
    const [away, phone] = [await app.browser("ann"), await app.browser("ann")];
    away.answer = { status: 500 };
    for (let count = 0; count < 3; count += 1) await app.notify("ann", "mention", mention);
    expect([away.tries, phone.tries]).toEqual([1, 3]);
  });

  test("that subscribes again changes nothing, and one with new keys gets push with those", async () => {
    await using app = await createPushes();
    const phone = await app.browser("ann");
    const first = await app.devices("ann").state();
    await app.browser("ann", phone);
    expect(await app.devices("ann").state()).toEqual(first);
    const again = app.server.subscribe();
    await app.browser("ann", { ...phone, keys: again.keys });
    expect(await app.count("ann")).toBe(1);
    await app.notify("ann", "mention", mention);
    // It was encrypted for the new keys, which the browser of the old ones cannot read.
    expect(app.server.refused).toHaveLength(1);
  });

  test("that another user has now is theirs alone", async () => {
    await using app = await createPushes();
    const shared = await app.browser("ann");
    await app.browser("ben", shared);
    expect([await app.count("ann"), await app.count("ben")]).toEqual([0, 1]);
    await app.notify("ann", "mention", mention);
    expect(payloads(shared)).toEqual([]);
    await app.notify("ben", "mention", mention);
    expect(payloads(shared)).toHaveLength(1);
    await app.browser("ann", shared);
    expect([await app.count("ann"), await app.count("ben")]).toEqual([1, 0]);
  });

  test("that another user has now is not sent what waited for the one before", async () => {
    await using app = await createPushes();
    const shared = await app.browser("ann");
    shared.answer = { status: 503 };
    await app.notify("ann", "mention", mention);
    await app.browser("ben", shared);
    shared.answer = { status: 201 };
    await app.w.advance("10m");
    expect(shared.tries).toBe(1);
    expect(await app.deliveries("ann", `push:${await idOf(app, "ben")}`).state()).toMatchObject({ gone: 1 });
  });

  test("that subscribed anew stays when an earlier subscription of it is dropped", async () => {
    await using app = await createPushes();
    const phone = await app.browser("ann");
    const [old] = (await app.devices("ann").state()).devices;
    await app.browser("ann", { ...phone, keys: app.server.subscribe().keys });
    await app.devices("ann").send.drop({ id: old?.id ?? "", offset: old?.offset ?? 0 });
    expect((await app.devices("ann").state()).devices).toHaveLength(1);
    expect(JSON.stringify(await app.w.log(pushDevices, { userId: "ann" }))).not.toContain(phone.keys.p256dh);
  });

  test("of one tenant is not the same as of another", async () => {
    await using app = await createPushes();
    const shared = await app.browser("ann");
    await app.devices("ann", "acme").send.subscribe(given(shared));
    await app.w.settle();
    await app.notify("ann", "mention", mention, { tenant: "acme" });
    expect(payloads(shared)).toHaveLength(1);
    expect(await app.count("ann")).toBe(1);
  });

  test("takes the place of the oldest where there are too many", async () => {
    await using app = await createPushes();
    const browsers: PushBrowser[] = [];
    for (let count = 0; count <= maxPushDevices; count += 1) browsers.push(await app.browser("ann"));
    expect(await app.count("ann")).toBe(maxPushDevices);
    expect(JSON.stringify(await app.w.log(pushDevices, { userId: "ann" }))).not.toContain(`"${browsers[0]?.endpoint}"`);
    await app.notify("ann", "mention", mention);
    expect(browsers.map(({ tries }) => tries)).toEqual([0, ...Array(maxPushDevices).fill(1)]);
  });

  test("that unsubscribes gets no more, and its endpoint is nowhere any more", async () => {
    await using app = await createPushes();
    const phone = await app.browser("ann");
    const log = async () => JSON.stringify(await app.w.log(pushDevices, { userId: "ann" }));
    expect(await log()).toContain(phone.endpoint);
    expect(await app.devices("ben").send.unsubscribe(phone)).toMatchObject({ ok: false, reason: "NOT_FOUND" });
    await app.devices("ann").send.unsubscribe(phone);
    await app.w.settle();
    expect(await app.count("ann")).toBe(0);
    await app.notify("ann", "mention", mention);
    expect(phone.tries).toBe(0);
    expect(await log()).not.toContain(phone.endpoint);
  });

  test("of a user who is erased is forgotten", async () => {
    await using app = await createPushes();
    const phone = await app.browser("ann");
    await app.w.eraseUser("ann");
    expect(await app.devices("ann").state()).toEqual({ devices: [] });
    expect(JSON.stringify(await app.w.log(pushDevices, { userId: "ann" }))).not.toContain(phone.endpoint);
    await app.browser("ben", phone);
    expect(await app.count("ben")).toBe(1);
  });
});

test("Who is erased and had a browser before is not named by who has it now, who still gets push", async () => {
  await using app = await createPushes();
  const shared = await app.browser("ann");
  await app.browser("ben", shared);
  const log = async () => JSON.stringify(await app.w.log(pushDevices, { userId: "ben" }));
  expect(await log()).toContain("ann");
  await app.w.eraseUser("ann");
  expect(await log()).not.toContain("ann");
  await app.notify("ben", "mention", mention);
  expect(payloads(shared)).toHaveLength(1);
});

describe("Over the router", () => {
  function createApp(options: DeliveriesOptions = { push: webPush({ ...keys, subject }) }) {
    const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
    const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
    const realtime = createRealtime({
      ...hurried,
      store: createMemoryStore(),
      logger: new Logged().logger,
      channels: deliveryChannels(options),
    });
    return {
      as: (token: string | null) => t.router({ r: realtime.router }).createCaller({ user: userOf(token) }).r,
      [Symbol.asyncDispose]: () => realtime.close(),
    };
  }
  const endpoint = "https://push.example.com/ann";
  const good = { p256dh: vapidKeys().publicKey, auth: "A".repeat(22) };

  test("a user subscribes a browser of their own, of nobody else, and sees none", async () => {
    await using app = createApp();
    expect(await app.as("ann").pushDevices.publicKey()).toEqual({ publicKey: keys.publicKey });
    const mine = { userId: "ann", endpoint, keys: good };
    expect(await app.as("ann").pushDevices.subscribe(mine)).toMatchObject({ ok: true });
    for (const token of ["ben", null]) {
      const code = token ? "FORBIDDEN" : "UNAUTHORIZED";
      await expect(app.as(token).pushDevices.subscribe(mine)).rejects.toMatchObject({ code });
      await expect(app.as(token).pushDevices.unsubscribe(mine)).rejects.toMatchObject({ code });
    }
    await expect(app.as("ann").pushDevices.watch({ userId: "ann" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(app.as(null).pushDevices.publicKey()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  test.each([
    "javascript:alert(1)",
    "file:///etc/passwd",
    "http://push.example.com/",
    "https://10.0.0.1/",
    "https://[::1]/",
  ])("%s is no endpoint", async (endpoint) => {
    await using app = createApp();
    const outcome = await app.as("ann").pushDevices.subscribe({ userId: "ann", endpoint, keys: good });
    expect(outcome).toEqual({ ok: false, reason: "UNUSABLE", field: "endpoint" });
  });

  test("nothing can be subscribed where the server pushes to nobody", async () => {
    await using app = createApp({});
    expect(await app.as("ann").pushDevices.publicKey()).toEqual({ publicKey: null });
    const outcome = await app.as("ann").pushDevices.subscribe({ userId: "ann", endpoint, keys: good });
    expect(outcome).toEqual({ ok: false, reason: "NO_PUSH" });
  });

  test("keys that are none, or too long, and endpoints that are too long, are refused", async () => {
    await using app = createApp();
    const subscribe = (input: object) =>
      app.as("ann").pushDevices.subscribe({ userId: "ann", endpoint, keys: good, ...input } as never);
    const off = `B${"A".repeat(86)}`;
    expect(await subscribe({ keys: { ...good, p256dh: off } })).toMatchObject({ ok: false, field: "keys" });
    for (const input of [
      { keys: { ...good, p256dh: "A".repeat(100_000) } },
      { keys: { ...good, auth: "A".repeat(100_000) } },
      { keys: { ...good, auth: "\0".repeat(22) } },
      { keys: {} },
      { endpoint: `https://push.example.com/${"a".repeat(3_000)}` },
      { endpoint: "" },
    ])
      await expect(subscribe(input)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});
