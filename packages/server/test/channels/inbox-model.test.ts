import { notificationWindow } from "@shoal/contract/notifications";
import type { Store } from "@shoal/server";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt } from "../durability/store-at.ts";
import { varied } from "../support/nodes.ts";
import { tries } from "../support/seed.ts";
import { createInbox, type InboxApp, type InboxState, inbox, inviteLife } from "./inbox-app.ts";
import { applied, Follower } from "./inbox-follower.ts";
import { InboxModel, type Step } from "./inbox-model.ts";
import { countRows, countsOf, listAll, toItem, waitingRows } from "./inbox-views.ts";

/** What happens beside what is done in the inbox: a device loses its link, or finds it again, or the server starts anew. */
type Event =
  | Step
  | { readonly do: "cut"; readonly device: 0 | 1 }
  | { readonly do: "link"; readonly device: 0 | 1 }
  | { readonly do: "restart" };

const ann = { userId: "ann" };
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const which = fc.array(fc.nat(140), { minLength: 1, maxLength: 6 });
const source = fc.constantFrom("reef", "sea");
const key = fc.constantFrom("k1", "k2", "k3");
const device = fc.constantFrom(0 as const, 1 as const);
const as = <const T extends string>(...names: T[]) => fc.constantFrom(...names);

const send = fc.record({
  do: as("send"),
  kind: as("mention", "like", "invite", "alarm", "like"),
  text: as("a", "b"),
  key: maybe(key),
  actor: maybe(as("ben", "cleo", "dan", "eve")),
  source: maybe(source),
});
const markAll = fc.record(
  { do: as("markAll"), as: as("seen", "read", "archived"), back: fc.nat(80), category: as("talk", "general") },
  { requiredKeys: ["do", "as", "back"] },
);

const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: send },
  {
    weight: 8,
    arbitrary: fc.record({ do: as("mark"), as: as("seen", "read", "unread", "archived", "unarchived"), which }),
  },
  { weight: 4, arbitrary: markAll as fc.Arbitrary<Step> },
  { weight: 3, arbitrary: fc.record({ do: as("remove"), which }) },
  { weight: 5, arbitrary: fc.record({ do: as("undo"), event: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ do: as("retract"), key }) },
  { weight: 1, arbitrary: fc.record({ do: as("mute", "unmute"), source }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: as("prefer"), category: as("talk", "general", "security"), on: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: as("wait"), ms: fc.integer({ min: 1, max: inviteLife }) }) },
  { weight: 1, arbitrary: fc.record({ do: as("cut"), device }) },
  { weight: 2, arbitrary: fc.record({ do: as("link"), device }) },
  { weight: 1, arbitrary: fc.record({ do: as("restart") }) },
);

/** A server that can be started anew, on a clock that the test moves, and two devices. */
class World implements AsyncDisposable {
  app: InboxApp;
  readonly devices = [new Follower(), new Follower()] as const;
  readonly #start: () => InboxApp;

  constructor(start: () => InboxApp) {
    this.#start = start;
    this.app = start();
    for (const device of this.devices) device.link(this.app);
  }

  async restart(): Promise<void> {
    const linked = this.devices.filter(({ isLinked }) => isLinked);
    await Promise.all(linked.map((device) => device.cut()));
    await this.app[Symbol.asyncDispose]();
    this.app = this.#start();
    for (const device of linked) device.link(this.app);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.devices.map((device) => device.cut()));
    await this.app[Symbol.asyncDispose]();
  }
}

/** A store by another clock, which is never behind its own. */
function clocked(store: Store, now: () => number): Store {
  return varied(store, {
    transaction: (requests, decide, options) =>
      store.transaction(requests, (locked) => decide({ ...locked, now: now() }), options),
    look: async (mark, channels) => ({ ...(await store.look(mark, channels)), now: now() }),
  });
}

/** Does it in the name of Ann or of the application. */
async function carryOut({ app }: World, model: InboxModel, step: Step) {
  const me = app.as("ann");
  switch (step.do) {
    case "send": {
      const { kind, text } = step;
      const sent = {
        ...(step.key && { key: step.key }),
        ...(step.actor && { actor: step.actor }),
        ...(step.source && { source: step.source }),
      };
      if (kind === "mention") return await app.notify("ann", kind, { room: "reef", text }, sent);
      if (kind === "like") return await app.notify("ann", kind, { post: text }, sent);
      if (kind === "invite") return await app.notify("ann", kind, { to: text }, sent);
      return await app.notify("ann", kind, { what: text }, sent);
    }
    case "mark": {
      const names = {
        seen: "markSeen",
        read: "markRead",
        unread: "markUnread",
        archived: "archive",
        unarchived: "unarchive",
      } as const;
      return await me[names[step.as]]({ ...ann, ids: model.idsOf(step.which) });
    }
    case "markAll": {
      const names = { seen: "markSeen", read: "markAllRead", archived: "archiveRead" } as const;
      const category = step.category as "talk" | undefined;
      return await me[names[step.as]]({ ...ann, upTo: model.orderOf(step.back), ...(category && { category }) });
    }
    case "remove":
      return await me.remove({ ...ann, ids: model.idsOf(step.which) });
    case "undo":
      return await me.undo({ ...ann, offset: model.offsetOf(step.event) });
    case "retract":
      return await app.hand("ann").send.retract({ key: step.key });
    case "mute":
      return await me.mute({ ...ann, source: step.source });
    case "unmute":
      return await me.unmute({ ...ann, source: step.source });
    case "prefer":
      return await me.setPreference({ ...ann, category: step.category as "talk", via: "inApp", on: step.on });
    case "wait":
      return { ok: true, offset: 0 } as const;
  }
}

/** Whether what a device foresaw is what came, but for the times, which are the server's. */
function withoutTimes({ items, counts }: InboxState) {
  const timeless = items.map(({ seenAt, readAt, archivedAt, ...item }) => ({
    ...item,
    times: [seenAt, readAt, archivedAt].map((time) => time !== null),
  }));
  return { items: timeless, counts };
}

/** What a device shows before the server has answered; undefined where it foresees nothing, or cannot see all that is concerned. */
function foreseen(state: InboxState, model: InboxModel, step: Step): InboxState | undefined {
  if (state.counts.total > state.items.length || (step.do !== "mark" && step.do !== "markAll" && step.do !== "remove"))
    return undefined;
  const call = { state, user: { id: "ann" }, commandId: "c", now: model.now, params: ann };
  const predictions = inbox.optimistic as unknown as Record<
    string,
    (input: object, call: object) => { type: string; data: object }[]
  >;
  const names = { seen: "markSeen", read: "markRead", unread: "markUnread", archived: "archive" };
  if (step.do === "mark" && step.as === "unarchived") return undefined;
  const [name, input] =
    step.do === "markAll"
      ? [
          { seen: "markSeen", read: "markAllRead", archived: "archiveRead" }[step.as],
          { upTo: model.orderOf(step.back), category: step.category },
        ]
      : [step.do === "mark" ? names[step.as as keyof typeof names] : "remove", { ids: model.idsOf(step.which) }];
  if ("ids" in input && !input.ids.every((id) => state.items.some((item) => item.id === id))) return undefined;
  return (predictions[name]?.(input, call) ?? []).reduce<InboxState>(applied, state);
}

async function check(world: World, model: InboxModel, limit: number): Promise<void> {
  const { app, devices } = world;
  model.expire();
  // What is due is fired before a command is decided, also before one that does nothing.
  await app.hand("ann").send.countDevices({ devices: 0 });
  const { state, offset } = await app.hand("ann").snapshot();
  const all = model.inOrder;
  const shown = all.filter(({ archived }) => archived.at === null).map(toItem);
  expect(state.items).toEqual(shown.slice(0, notificationWindow));
  expect(state.counts).toEqual(countsOf(all));
  expect(await countRows(app)).toEqual(state.counts);
  const { orphans, first } = await waitingRows(app);
  expect(orphans).toBe(0);
  // It may wake for what is gone, and not after what there is.
  const wakeAt = state.wakeAt ?? Number.POSITIVE_INFINITY;
  expect(wakeAt).toBeGreaterThan(model.now);
  expect(first).toBeGreaterThanOrEqual(wakeAt);
  for (const device of devices) {
    device.link(app);
    await device.reaches(offset);
    expect(device.state).toEqual(state);
  }
  expect(await listAll(app, {}, limit)).toEqual(shown);
  expect(await listAll(app, { archived: true }, limit)).toEqual(
    all.filter(({ archived }) => archived.at !== null).map(toItem),
  );
  expect(await listAll(app, { unread: true, category: "talk" }, limit)).toEqual(
    shown.filter(({ readAt, category }) => readAt === null && category === "talk"),
  );
  expect(await listAll(app, { kind: "like", until: model.now - 1 }, limit)).toEqual(
    shown.filter(({ kind, at }) => kind === "like" && at < model.now),
  );
  expect(app.logged.errors()).toEqual([]);
}

const play = fc.record({
  before: fc.constantFrom(0, notificationWindow - 3, notificationWindow + 30),
  most: fc.constantFrom(notificationWindow + 35, 10_000),
  after: fc.constantFrom(0, 20_000, 2 * inviteLife),
  events: fc.array(events, { minLength: 20, maxLength: 60 }),
  limit: fc.integer({ min: 5, max: 100 }),
});

function law(open: () => Promise<() => Store>, runs: number): void {
  test("counts for every device what there is, shows it in one order, and is what a plain list would be, whatever happens", async () => {
    await fc.assert(
      fc.asyncProperty(play, async ({ before, most, after, events: given, limit }) => {
        const model = new InboxModel({ now: Date.now() + 60_000, life: inviteLife, most, after });
        const store = await open();
        await using world = new World(() =>
          createInbox({ store: clocked(store(), () => model.now), maxItems: most, after: { email: after } }),
        );
        const filling = Array.from({ length: before }, (_, index): Step => {
          const kind = index % 3 === 0 ? "invite" : "mention";
          return { do: "send", kind, text: `${index}`, key: null, actor: "ben", source: null };
        });
        for (const event of [...filling, ...given]) {
          if (event.do === "cut") await world.devices[event.device].cut();
          else if (event.do === "link") world.devices[event.device].link(world.app);
          else if (event.do === "restart") await world.restart();
          else await step(world, model, event);
        }
        await check(world, model, limit);
      }),
      // So that a failure is told, with its seed, before the test's own time is over.
      { ...tries(runs), interruptAfterTimeLimit: 90_000 },
    );
  }, 120_000);
}

/** One step: it is answered as foreseen, and a device that sees all that it concerns foresaw its effect. */
async function step(world: World, model: InboxModel, event: Step): Promise<void> {
  model.expire();
  const said = model.foresee(event);
  // What has expired, an archived item too, is gone before the step, and is no part of what it does.
  await world.app.hand("ann").send.countDevices({ devices: 0 });
  const before = await world.app.hand("ann").state();
  const outcome = await carryOut(world, model, event);
  const result = "result" in outcome ? (outcome.result as { status: string; id: string } | undefined) : undefined;
  expect(outcome.ok ? (result?.status ?? "ok") : outcome.reason).toBe(said);
  const prediction = foreseen(before, model, event);
  const isTaken = outcome.ok && said !== "repeated" && said !== "muted";
  if (isTaken) model.take(event, outcome.offset, result?.id ?? "");
  if (isTaken && prediction) {
    expect(withoutTimes(await world.app.hand("ann").state())).toEqual(withoutTimes(prediction));
  }
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`An inbox on ${name}`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    law(
      async () => {
        const at = await apart(places.next());
        return () => openAt(at);
      },
      name === "SQLite" ? 10 : 4,
    );
  });
}
