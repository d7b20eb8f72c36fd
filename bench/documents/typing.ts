import { setTimeout as delay } from "node:timers/promises";
import { alternate, type Contender } from "../support/measure.ts";
import { figureOf, printRatios } from "../support/ratios.ts";
import { type ContenderName, contenders } from "./contenders.ts";
import { Pair } from "./pair.ts";

const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
const names = Object.keys(contenders) as ContenderName[];
const edits = 3_000;
const perSecond = 300;
const rounds = 3;

/** What a server is given before it counts as one that has run for a while: until then V8 is still compiling its code. */
const before = { edits: 30_000, perSecond: 1_500, seed: 0 };

/** How long what a server does later, such as to store, still counts, in milliseconds: longer than the debounce of any. */
const laterMs = 3_000;

const title = `${users.length} editors, ${edits} edits of one character, ${perSecond} a second`;
const unit = "µs of CPU an edit";

/** The server's CPU for an edit, when 20 people write one document: on servers that have run for a while, and on those just started. */
export async function measureTyping(newFile: () => string) {
  const running = await measureRunning(newFile);
  const fresh = await measureFresh(newFile);
  const { shoal, hocuspocus, relay, mergingRelay } = contenders;
  printRatios(`${title}, after ${before.edits} edits`, unit, running, [hocuspocus, relay]);
  printRatios(`${title}, on a server that has just been started`, unit, fresh, [hocuspocus, relay]);
  const of = (name: string) => figureOf(running, name);
  return {
    vsHocuspocus: of(shoal) / of(hocuspocus),
    vsRelay: of(shoal) / of(relay),
    vsMergingRelay: of(shoal) / of(mergingRelay),
    hocuspocusVsRelay: of(hocuspocus) / of(relay),
    freshVsHocuspocus: figureOf(fresh, shoal) / figureOf(fresh, hocuspocus),
  };
}

async function measureRunning(newFile: () => string): Promise<ReadonlyMap<string, number>> {
  const pairs: Pair[] = [];
  try {
    const running: Contender[] = [];
    for (const name of names) {
      const pair = await Pair.start(name, newFile());
      pairs.push(pair);
      await inDocument(pair, () => pair.type(before));
      running.push({ name: contenders[name], run: () => cpuOfEdit(pair) });
    }
    return await alternate(running, rounds);
  } finally {
    await Promise.all(pairs.map((pair) => pair.end()));
  }
}

function measureFresh(newFile: () => string): Promise<ReadonlyMap<string, number>> {
  const run = async (name: ContenderName) => {
    const pair = await Pair.start(name, newFile());
    try {
      return await cpuOfEdit(pair);
    } finally {
      await pair.end();
    }
  };
  return alternate(
    names.map((name) => ({ name: contenders[name], run: () => run(name) })),
    rounds,
  );
}

let round = 0;

/** In another document each time. */
async function cpuOfEdit(pair: Pair): Promise<number> {
  round += 1;
  const seed = round;
  const type = async () => {
    await pair.type({ edits, perSecond, seed });
    await delay(laterMs);
  };
  return (await inDocument(pair, () => pair.cpuOf(type))) / edits;
}

/** Does something while all have a new document open. */
async function inDocument<Result>(pair: Pair, run: () => Promise<Result>): Promise<Result> {
  await pair.open(await pair.create(users), users);
  const result = await run();
  await pair.close(users.length);
  return result;
}
