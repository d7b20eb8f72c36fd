import type { Locked, Store } from "@shoal/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lockedHead, request, topicNamed, write, writeAfter } from "../suites/store/write.ts";
import { hasPostgresServer, startPostgres, type TestServer } from "../support/postgres.ts";
import { postgresStores } from "../support/postgres-stores.ts";
import { eventually } from "../support/recorder.ts";

const topics = Array.from({ length: 3 }, (_, index) => topicNamed(`topic-${index}`));
const [lobby = topicNamed("lobby")] = topics;
const unavailable = expect.objectContaining({ name: "ShoalError", code: "SERVICE_UNAVAILABLE" });

describe.skipIf(!hasPostgresServer)("The Postgres store, when its server fails,", { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server[Symbol.asyncDispose]());
  const open = (options = {}) => postgresStores(server.url, { logger: silent, ...options });

  test.each(["restart", "kill"] as const)(
    "loses and repeats nothing when the server is told to %s under load",
    async (how) => {
      await using stores = await open();
      const load = new Load(stores.store);
      await load.until(() => load.answered > 50);
      await server[how]();
      const { answered } = load;
      await load.until(() => load.answered > answered + 50);
      await load.end();
      expect(load.failed).toBeGreaterThan(0);
      expect(load.longestMs).toBeLessThan(5_000);
      await load.audit();
    },
  );

  test("has every command once, though connections are cut at any moment", async () => {
    await using stores = await open();
    const load = new Load(stores.store);
    const client = await stores.connect();
    for (let count = 1; count <= 100; count += 1) {
      await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2`);
      await load.until(() => load.answered > count * 5);
    }
    await load.end();
    expect(load.failed).toBeGreaterThan(10);
    await load.audit();
  });

  test("fails within five seconds while the server does not answer, and goes on when it does", async () => {
    await using stores = await open();
    const { store } = stores;
    await write(store, lobby, ["a"]);
    const { mark } = await store.look(null);
    const thaw = server.freeze();
    const asked = performance.now();
    const head = { epoch: "", offset: 0 };
    const calls = [
      store.load(lobby),
      store.head(lobby),
      store.look(mark),
      store.transaction([request(lobby, head)], () => []),
      store.transaction([request(topicNamed("new"), head)], () => [], { wait: true }),
    ];
    for (const result of await Promise.allSettled(calls))
      expect(result).toEqual({ status: "rejected", reason: unavailable });
    expect(performance.now() - asked).toBeLessThan(5_000);
    thaw();
    await write(store, lobby, ["b"]);
    expect((await store.look(mark)).changed).toEqual([{ id: lobby.id, ...(await store.head(lobby)) }]);
  });

  test("fails as retryable when there is no connection left", async () => {
    await using stores = await open({ connections: 1 });
    const { store } = stores;
    await write(store, lobby, ["a"]);
    const lock = request(lobby, await store.head(lobby));
    const inside = store.transaction([lock], async () => {
      await store.head(lobby);
      return [];
    });
    await expect(inside).rejects.toEqual(unavailable);
    expect(await store.head(lobby)).toMatchObject({ offset: 1 });
  });

  test("gives the topics of a process that stopped in the middle to others", async () => {
    await using stores = await open({ timeoutMs: 1_000 });
    const { store } = stores;
    const other = await stores.another({ timeoutMs: 4_000 });
    const lock = request(lobby, await store.head(lobby));
    const add = (locked: Locked, data: string) => [writeAfter(lockedHead(lock, locked), locked.now, lobby, [data])];
    const holds = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    const stopped = store.transaction([lock], async (locked) => {
      holds.resolve();
      await goesOn.promise;
      return add(locked, "late");
    });
    await holds.promise;
    await other.transaction([lock], (locked) => add(locked, "instead"), { wait: true });
    goesOn.resolve();
    await expect(stopped).rejects.toEqual(unavailable);
    expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["instead"]);
  });

  test("warns of a server that does not force its writes to the disk", async () => {
    await using stores = await open();
    const client = await stores.connect();
    await client.query("ALTER SYSTEM SET fsync = off");
    await client.query("SELECT pg_reload_conf()");
    const warnings: string[] = [];
    const logger = { warn: (_fields: object, message: string) => void warnings.push(message) };
    await eventually(async () => (await client.query("SHOW fsync")).rows[0]?.fsync === "off", "fsync is off");
    await stores.another({ logger });
    expect(warnings).toEqual([expect.stringContaining("fsync off")]);
    await client.query("ALTER SYSTEM RESET fsync");
    await client.query("SELECT pg_reload_conf()");
  });
});

const silent = { warn: () => {} };

/** Commands to every topic, one after the other, each sent again under its id until it is answered. */
class Load {
  answered = 0;
  failed = 0;
  longestMs = 0;
  readonly #store: Store;
  readonly #acknowledged = new Map(topics.map(({ id }) => [id, [] as string[]]));
  readonly #callers: Promise<void>;
  #ending = false;

  constructor(store: Store) {
    this.#store = store;
    this.#callers = Promise.all(topics.map((_, index) => this.#call(index))).then(() => {});
  }

  until(is: () => boolean): Promise<void> {
    return eventually(is, "commands are answered", 20_000);
  }

  async end(): Promise<void> {
    this.#ending = true;
    await this.#callers;
  }

  /** Each acknowledged command is in the log, once, in its order; and nothing else. */
  async audit(): Promise<void> {
    for (const topic of topics) {
      const { events } = await this.#store.load(topic);
      const own = events.filter(({ data }) => data === this.#name);
      expect(own.map(({ commandId }) => commandId)).toEqual(this.#acknowledged.get(topic.id));
      expect(events.map(({ offset }) => offset)).toEqual(events.map((_, index) => index + 1));
    }
  }

  readonly #name = `load ${Math.random()}`;

  async #call(index: number): Promise<void> {
    const topic = topics[index] ?? lobby;
    for (let count = 0; !this.#ending; count += 1) {
      const commandId = `${index}-${count}`;
      while (!(await this.#send(topic, commandId)));
      this.#acknowledged.get(topic.id)?.push(commandId);
      this.answered += 1;
    }
  }

  async #send(topic: typeof lobby, commandId: string): Promise<boolean> {
    const started = performance.now();
    try {
      await this.#transact(topic, commandId);
      return true;
    } catch (error) {
      expect(error).toEqual(unavailable);
      this.failed += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
      return false;
    } finally {
      this.longestMs = Math.max(this.longestMs, performance.now() - started);
    }
  }

  async #transact(topic: typeof lobby, commandId: string): Promise<void> {
    const sender = this.#name;
    const lock = request(topic, await this.#store.head(topic), [{ sender, commandId }]);
    const decide = (locked: Locked) => {
      if (locked.topics.get(topic.id)?.records.length) return [];
      const { events, ...rest } = writeAfter(lockedHead(lock, locked), locked.now, topic, [sender]);
      const outcome = { ok: true, offset: rest.head.offset } as const;
      const own = events.map((event) => ({ ...event, commandId }));
      return [{ ...rest, events: own, records: [{ sender, commandId, digest: "d", outcome, version: 1 }] }];
    };
    await this.#store.transaction([lock], decide, { wait: true });
  }
}
