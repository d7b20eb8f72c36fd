import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { clientOnLink } from "../src/client-on-link.ts";
import { list } from "./support/list.ts";
import { ModelServer, shownLines } from "./support/model-server.ts";

const lists = ["one", "two"] as const;
const users = ["ann", "bob", undefined] as const;
const fates = ["accepted", "accepted", "accepted", "rejected", "forbidden"] as const;

interface Given {
  readonly entry: string;
  /** It as the list shows it, done by who gave it. */
  readonly text: string;
  readonly listId: string;
  readonly user: string | undefined;
  readonly fate: (typeof fates)[number];
  readonly controller: AbortController;
  /** Whether it was taken back before the server had heard of it. */
  takenBack: boolean;
  /** What became of its promise. */
  end: { readonly ok: boolean } | { readonly error: unknown } | undefined;
}

/** A client, the model of a server, and all that can happen between them, one thing a step. */
class World {
  readonly server = new ModelServer();
  readonly given: Given[] = [];
  readonly client = clientOnLink(
    {
      url: "",
      channels: [list],
      user: () => (this.server.user === undefined ? null : { id: this.server.user }),
      keepAlive: 0,
    },
    (check) => this.server.link(check),
  );
  readonly topics = lists.map((listId) => this.client.list({ listId }));
  readonly #watched = this.topics.map((topic) => topic.subscribe(() => this.#look(topic)));

  readonly steps: Readonly<Record<string, (luck: number) => void>> = {
    give: (luck) => this.#give(luck),
    giveTwice: (luck) => {
      this.#give(luck);
      this.#give(luck + 2);
    },
    abort: (luck) => this.#abort(this.given[luck % Math.max(1, this.given.length)]),
    open: () => this.server.open(),
    lose: () => this.server.lose(),
    decide: (luck) => this.server.decide(luck),
    answer: (luck) => this.server.answer(luck),
    deliver: (luck) => this.server.deliver(luck),
    other: (luck) => {
      const log = this.server.log(this.#listOf(luck));
      log.push({ entry: `carl-${log.length}`, commandId: `carl-${log.length}`, by: "carl" });
    },
    signIn: (luck) => {
      this.server.user = users[luck % users.length];
      if (luck % 2 === 0) this.#told();
    },
  };

  /** Everybody comes back in turn, and everything arrives. */
  async finish(): Promise<void> {
    for (const user of users) {
      this.server.user = user;
      this.client.checkUser();
      for (
        let turn = 0;
        turn < 100 && (turn < 3 || this.client.queue.current.queued > 0 || !this.server.idle);
        turn += 1
      ) {
        this.server.open();
        while (!this.server.idle) {
          this.server.decide(0);
          this.server.answer(0);
          await settled();
        }
        await vi.advanceTimersByTimeAsync(40_000);
      }
    }
    for (let turn = 0; turn < 3; turn += 1) {
      this.server.open();
      this.server.deliver(1);
      await vi.advanceTimersByTimeAsync(40_000);
    }
  }

  async close(): Promise<void> {
    for (const leave of this.#watched) leave();
    await this.client.close();
  }

  #abort(given: Given | undefined): void {
    if (!given || given.end) return;
    given.takenBack = !this.server.heard.has(given.entry);
    given.controller.abort("aborted");
  }

  /** A client that is told who the user is shows nobody what is somebody else's. */
  #told(): void {
    this.client.checkUser();
    const { user } = this.server;
    const shown = this.topics.flatMap(({ current }) => current.state?.entries.slice(current.offset) ?? []);
    expect(this.given.filter(({ text }) => shown.includes(text)).filter((each) => each.user !== user)).toEqual([]);
  }

  #listOf(luck: number): string {
    return lists[luck % lists.length] as string;
  }

  #give(luck: number): void {
    const { user } = this.server;
    const listId = this.#listOf(luck);
    const entry = String(this.given.length);
    const text = `${user ?? "nobody"}: ${entry}`;
    const controller = new AbortController();
    const fate = fates[luck % fates.length] ?? "accepted";
    const given: Given = { entry, text, listId, user, fate, controller, takenBack: false, end: undefined };
    this.given.push(given);
    this.client
      .list({ listId })
      .send.add({ entry, fate }, { signal: controller.signal })
      .then(
        ({ ok }) => {
          given.end = { ok };
        },
        (error: unknown) => {
          given.end = { error };
        },
      );
  }

  /** What a page would see at any time: the log as far as it has come, and then only what this user has given, in order. */
  #look({ current, params }: World["topics"][number]): void {
    if (!current.state) return;
    const { entries } = current.state;
    const confirmed = this.server.log(params.listId).slice(0, current.offset);
    expect(entries.slice(0, current.offset)).toEqual(shownLines(confirmed));
    const predicted = entries.slice(current.offset);
    const shown = this.given.filter(({ text }) => predicted.includes(text));
    expect(shown.map(({ text }) => text)).toEqual(predicted);
    expect(new Set(shown.map(({ user }) => user)).size).toBeLessThanOrEqual(1);
    expect(new Set(entries).size).toBe(entries.length);
  }
}

/** Each was done once and as who gave it, and those of one user in the order in which they were given. */
function expectOrder({ server, given }: World, listId: string): void {
  const done = shownLines(server.log(listId).filter(({ by }) => by !== "carl"));
  for (const user of users) {
    const order = given.filter((each) => each.listId === listId && each.user === user).map(({ text }) => text);
    expect(order.filter((text) => done.includes(text))).toEqual(done.filter((text) => order.includes(text)));
  }
  expect(given.filter(({ text }) => done.includes(text))).toHaveLength(done.length);
}

/** What its promise said is what became of it. */
function expectEnd({ server }: World, { listId, text, entry, fate, end, takenBack }: Given): void {
  const done = shownLines(server.log(listId)).includes(text);
  expect(end, `${text} has no end`).toBeDefined();
  if (takenBack) expect([text, server.heard.has(entry)]).toEqual([text, false]);
  // It was taken back too late, and may be done or not.
  if (end && "error" in end && end.error === "aborted") return;
  if (fate === "forbidden") expect([end, done]).toMatchObject([{ error: { code: "FORBIDDEN" } }, false]);
  else expect([end, done]).toEqual([{ ok: fate === "accepted" }, fate === "accepted"]);
}

async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** How often each thing happens, beside the others. */
const happenings = {
  give: 4,
  giveTwice: 1,
  abort: 1,
  open: 3,
  lose: 1,
  decide: 5,
  answer: 4,
  deliver: 3,
  other: 1,
  signIn: 1,
};

const steps = fc.array(
  fc.record({
    what: fc.constantFrom(...Object.entries(happenings).flatMap(([what, often]) => Array<string>(often).fill(what))),
    luck: fc.nat({ max: 999 }),
    wait: fc.constantFrom(0, 0, 700, 6_000),
  }),
  { minLength: 1, maxLength: 80, size: "max" },
);

// All is in memory here, so time is the test's.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("whatever is sent, refused, repeated, lost and overtaken, and whoever signs in", () => {
  test("each command has its effect once, in order and as its user, and what is shown is in the end what the server has", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const world = new World();
        await settled();
        for (const { what, luck, wait } of taken) {
          world.steps[what]?.(luck);
          await vi.advanceTimersByTimeAsync(wait);
        }
        await world.finish();
        for (const listId of lists) expectOrder(world, listId);
        for (const given of world.given) expectEnd(world, given);
        for (const { current, params } of world.topics) {
          expect(current).toMatchObject({ status: "live", pending: 0 });
          expect(current.state?.entries).toEqual(shownLines(world.server.log(params.listId)));
        }
        expect(world.client.queue.current).toEqual({ queued: 0, held: 0, oldest: undefined });
        await world.close();
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});
