import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../src/client.ts";
import { list } from "./support/list.ts";
import { Network } from "./support/network.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { until } from "./support/until.ts";

const users = ["ann", "bob", null] as const;
const params = { listId: "home" };

// The delays between attempts are random up to a limit: these are short, so that many attempts fit into a test.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.02));
afterEach(() => void vi.restoreAllMocks());

/** A client on a network that is cut and loses frames, where one user after the other signs in. */
class Journey {
  user: string | null = "ann";
  readonly network = new Network();
  readonly given: {
    readonly text: string;
    readonly user: string | null;
    readonly outcome: Promise<{ ok: boolean }>;
  }[] = [];
  readonly client;
  readonly topic;
  readonly #server: TestServer;

  readonly steps: Readonly<Record<string, (luck: number) => void>> = {
    give: (luck) => this.#give(luck),
    giveThrice: (luck) => {
      for (const n of [0, 1, 2]) this.#give(luck + n);
    },
    cut: () => this.#server.cut(),
    offline: () => {
      this.network.online = false;
      this.#server.cut();
    },
    online: () => {
      this.network.online = true;
    },
    loseFrames: (luck) => {
      let left = 1 + (luck % 2);
      this.network.lose = ({ kind }) => kind === "events" && left-- > 0;
    },
    signIn: (luck) => {
      this.user = users[luck % users.length] ?? null;
      if (luck % 2 === 0) this.client.checkUser();
    },
  };

  constructor(server: TestServer) {
    this.#server = server;
    this.client = createClient({
      url: server.url,
      channels: [list],
      token: () => this.user,
      user: () => (this.user === null ? null : { id: this.user }),
      WebSocket: this.network.WebSocket,
      timeoutMs: 1_000,
    });
    this.topic = this.client.list(params);
  }

  async finish(): Promise<void> {
    this.network.online = true;
    this.network.lose = () => false;
    for (const user of users) {
      this.user = user;
      this.client.checkUser();
      await Promise.all(this.given.filter((each) => each.user === user).map(({ outcome }) => outcome));
    }
    await until(this.topic, ({ status, pending }) => status === "live" && pending === 0);
  }

  #give(luck: number): void {
    const { user } = this;
    const entry = String(this.given.length);
    const fate = luck % 4 === 0 ? "rejected" : "accepted";
    this.given.push({ text: `${user ?? "nobody"}: ${entry}`, user, outcome: this.topic.send.add({ entry, fate }) });
  }
}

/** How often each thing happens, beside the others. */
const happenings = { give: 5, giveThrice: 2, cut: 2, offline: 1, online: 2, loseFrames: 1, signIn: 2 };

const steps = fc.array(
  fc.record({
    what: fc.constantFrom(...Object.entries(happenings).flatMap(([what, often]) => Array<string>(often).fill(what))),
    luck: fc.nat({ max: 999 }),
    turns: fc.nat({ max: 6 }),
  }),
  { minLength: 10, maxLength: 40, size: "max" },
);

describe("on a network that is cut, is gone for a while and loses frames, while one user after the other signs in", () => {
  test("each command is done once, in order and as its user, and what is shown is in the end what the server has", async () => {
    await using server = await startServer();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        params.listId = `list-${run++}`;
        const journey = new Journey(server);
        const shown: string[][] = [];
        const leave = journey.topic.subscribe(() => shown.push(journey.topic.current.state?.entries ?? []));
        for (const { what, luck, turns } of taken) {
          journey.steps[what]?.(luck);
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
        }
        await journey.finish();
        const entries = await server.entries(params.listId);
        await until(journey.topic, ({ state }) => state?.entries.length === entries.length);
        expect(journey.topic.current.state).toEqual({ entries });
        const outcomes = await Promise.all(journey.given.map(async ({ text, outcome }) => [text, (await outcome).ok]));
        const accepted = outcomes.filter(([, ok]) => ok).map(([text]) => text);
        for (const user of users) {
          const of = (text: unknown) => String(text).startsWith(`${user ?? "nobody"}:`);
          expect(entries.filter(of)).toEqual(accepted.filter(of));
        }
        for (const each of shown) expect(new Set(each).size).toBe(each.length);
        expect(journey.client.queue.current).toEqual({ queued: 0, held: 0, oldest: undefined });
        leave();
        await journey.client.close();
      }),
      { numRuns: 15 },
    );
  }, 120_000);
});
