import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { auctions, minimumBid } from "@shoal/contract/auctions";
import { expect, test } from "vitest";
import type { StoredEvent } from "../../src/store.ts";
import { topicRef } from "../../src/topic-ref.ts";
import { preparePostgres } from "../durability/kinds.ts";
import { chance, Random } from "../durability/random.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { hasPostgres } from "../support/postgres.ts";
import { eventually, inTime } from "../support/recorder.ts";
import { AuctionReplica, type Connection, connectTo } from "./auction-client.ts";
import { lamp, news } from "./auctions-app.ts";

const bidders = 200;
/** How wrong the clock of the one process is, in milliseconds. */
const wrongBy = 120_000;
/** How long the auction is, and how long anything may take on a machine that is busy, in milliseconds. */
const lasts = 15_000;
const patience = 60_000;
/** Of a log. */
const all = Number.MAX_SAFE_INTEGER;

interface Process extends AsyncDisposable {
  readonly port: number;
  /** What its clock said as it began. */
  readonly now: number;
  kill(): Promise<void>;
}

async function startProcess(at: StoreAt, { port = 0, wrongBy = 0 } = {}): Promise<Process> {
  const program = fileURLToPath(new URL("./auctions-process.ts", import.meta.url));
  const child: ChildProcess = spawn(
    process.execPath,
    [
      "--conditions=@shoal/source",
      "--disable-warning=ExperimentalWarning",
      program,
      JSON.stringify(at),
      String(port),
      String(wrongBy),
    ],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  const [told] = await inTime(once(child, "message"), "the process listens", patience);
  return { ...told, kill, [Symbol.asyncDispose]: kill };
}

interface Answered {
  readonly who: string;
  readonly amount: number;
  readonly commandId: string;
  readonly offset: number;
  /** When it was first sent, and when it was answered, by one clock, in milliseconds. */
  readonly sent: number;
  readonly answered: number;
}

/** Somebody who bids a little more than the least, with pauses, until it is over, and asks again until there is an answer. */
async function bidUntilOver(
  who: string,
  { trpc }: Connection,
  replica: AuctionReplica,
  params: { auctionId: string },
  { random, tell }: { readonly random: Random; readonly tell: (answered: Answered) => void },
): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, random.between(50, 800)));
    const { state } = replica;
    if (!state || state.status === "scheduled") continue;
    const amount = (minimumBid(state) ?? 0) + random.between(0, 60);
    const bid = { ...params, amount, currency: "EUR", confirmed: true, commandId: `${who}-${turn}` };
    const sent = performance.now();
    const outcome = await untilAnswered(() => trpc.auctions.placeBid.mutate(bid));
    if (outcome.ok) {
      const { commandId } = bid;
      tell({ who, amount, commandId, offset: outcome.offset, sent, answered: performance.now() });
    } else if (outcome.reason === "ENDED") return;
    else assert.equal(outcome.reason, "BELOW_MINIMUM");
  }
}

/** A socket that breaks leaves a call without an answer; sent again with its commandId, it has one effect. */
async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Every answer is in the log as it was given, and nothing is bid after the one end. @returns who gave most first, by the log */
function checkLog(log: readonly StoredEvent[], answers: readonly Answered[]) {
  const byId = new Map(log.map((event) => [event.commandId, event]));
  for (const { who, amount, commandId, offset } of answers) {
    const event = byId.get(commandId);
    assert.deepEqual(
      { offset: event?.offset, userId: event?.userId, secret: event?.secret },
      { offset, userId: who, secret: { userId: who, maximum: amount } },
    );
  }
  assert.deepEqual(
    log.map(({ offset }) => offset),
    log.map((_, index) => index + 1),
  );
  const [closed, ...more] = log.filter(({ type }) => type === "closed");
  assert(closed && more.length === 0, "it is closed once");
  const { endedAt } = closed.data as { endedAt: number };
  const placed = log.filter(({ type }) => type === "bidPlaced" || type === "maximumRaised");
  assert(placed.every(({ at, offset }) => at < endedAt && offset < closed.offset));
  const secrets = placed.map(({ secret }) => secret as { userId: string; maximum: number });
  const most = Math.max(...secrets.map(({ maximum }) => maximum));
  return { endsAt: endedAt, winner: secrets.find(({ maximum }) => maximum === most)?.userId };
}

/** If one was answered before the other was sent, its offset is lower. */
function checkOrder(answers: readonly Answered[]): void {
  const bySent = answers.toSorted((one, other) => one.sent - other.sent);
  const byAnswer = answers.toSorted((one, other) => one.answered - other.answered);
  let highest = 0;
  let next = 0;
  for (const { sent, offset, commandId } of bySent) {
    for (let before = byAnswer[next]; before && before.answered < sent; before = byAnswer[next]) {
      highest = Math.max(highest, before.offset);
      next += 1;
    }
    assert(offset > highest, `${commandId} at ${offset} was sent after ${highest} was answered`);
  }
}

test.skipIf(!hasPostgres)(
  `Two servers, one of a wrong clock, one killed while ${bidders} people bid, come to one end that all see (SHOAL_SEED=${chance})`,
  async () => {
    await using stack = new AsyncDisposableStack();
    const at = stack.use(await preparePostgres()).next();
    const random = new Random(chance);
    const right = stack.use(await startProcess(at));
    const wrong = stack.use(await startProcess(at, { wrongBy }));
    expect(wrong.now - Date.now()).toBeGreaterThan(wrongBy / 2);
    const urls = [right, wrong].map(({ port }) => `ws://localhost:${port}/trpc`);
    const connect = (who: string, index: number) => stack.use(connectTo(urls[index % 2] ?? "", who));

    const seller = connect("sam", 0);
    const softClose = { windowMs: 1_000, extendMs: 1_000, maxTotalMs: 4_000 };
    const created = await seller.trpc.auctions.create.mutate({ ...lamp, softClose, reserve: 500 });
    assert(created.ok);
    const { params } = created;
    const opensAt = Date.now() + 1_000;
    assert((await seller.trpc.auctions.schedule.mutate({ ...params, opensAt, endsAt: opensAt + lasts })).ok);

    const crowd = Array.from({ length: bidders }, (_, index) => {
      const who = `bidder${index}`;
      const connection = connect(who, index);
      return { who, connection, replica: new AuctionReplica(connection, params) };
    });
    const open = () => crowd.every(({ replica }) => replica.state?.status === "open");
    await eventually(open, "everybody sees it open", patience);

    const answers: Answered[] = [];
    const tell = (answered: Answered) => answers.push(answered);
    const bidding = crowd.map(({ who, connection, replica }) =>
      bidUntilOver(who, connection, replica, params, { random, tell }),
    );
    await eventually(() => answers.length > 60, "the bidding is under way", patience);
    await wrong.kill();
    const killedAt = answers.length;
    await eventually(() => answers.length > killedAt + 10, "the bidding goes on at the other one", patience);
    stack.use(await startProcess(at, { port: wrong.port, wrongBy }));
    await Promise.all(bidding);

    const final = crowd[0]?.replica ?? assert.fail("there is nobody");
    const over = () =>
      crowd.every(({ replica }) => replica.state?.status === "closed" && replica.offset === final.offset);
    await eventually(over, "everybody sees it closed", patience);
    for (const { replica } of crowd) {
      assert.deepEqual(replica.faults, []);
      assert.deepEqual(replica.state, final.state);
    }

    const store = openAt(at);
    await store.open();
    stack.defer(() => store.close());
    const { endsAt, winner } = checkLog(await store.read(topicRef(auctions.name, null, params), 1, all), answers);
    checkOrder(answers);
    expect(final.state).toMatchObject({ status: "closed", result: "sold", endsAt });

    const look = async () => (await store.look(null)).effects.length === 0;
    await eventually(look, "everybody is told", patience);
    const told = await Promise.all(
      crowd.map(async ({ who }) => {
        const letters = await store.read(topicRef(news.name, null, { userId: who }), 1, all);
        return letters.filter(({ data }) => (data as { text: string }).text.startsWith("won")).map(() => who);
      }),
    );
    expect(told.flat()).toEqual([winner]);
  },
  180_000,
);
