import { setTimeout as delay } from "node:timers/promises";
import { alternate } from "../support/measure.ts";
import { figureOf, printRatios } from "../support/ratios.ts";
import { type ContenderName, contenders } from "./contenders.ts";
import { Pair } from "./pair.ts";

const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
const edits = 3_000;
const perSecond = 300;
const rounds = 3;

/** How long what a server does later, such as to store, still counts, in milliseconds: longer than the debounce of any. */
const laterMs = 3_000;

/** The server's CPU for an edit, when 20 people write one document; each round another one. */
export async function measureTyping(newFile: () => string) {
  const names = Object.keys(contenders) as ContenderName[];
  const pairs = new Map<ContenderName, Pair>();
  let round = 0;
  const cpuOfEdit = async (pair: Pair) => {
    round += 1;
    const documentId = await pair.create(users);
    await pair.open(documentId, users);
    const cpu = await pair.cpuOf(async () => {
      await pair.type({ edits, perSecond, seed: round });
      await delay(laterMs);
    });
    await pair.close(users.length);
    return cpu / edits;
  };
  try {
    for (const name of names) pairs.set(name, await Pair.start(name, newFile()));
    const running = [...pairs].map(([name, pair]) => ({ name: contenders[name], run: () => cpuOfEdit(pair) }));
    const cpu = await alternate(running, rounds);
    const title = `${users.length} editors, ${edits} edits of one character, ${perSecond} a second`;
    const { shoal, hocuspocus, relay, mergingRelay } = contenders;
    printRatios(title, "µs of CPU an edit", cpu, [hocuspocus, relay]);
    const of = (name: string) => figureOf(cpu, name);
    return {
      vsHocuspocus: of(shoal) / of(hocuspocus),
      vsRelay: of(shoal) / of(relay),
      vsMergingRelay: of(shoal) / of(mergingRelay),
      hocuspocusVsRelay: of(hocuspocus) / of(relay),
    };
  } finally {
    await Promise.all([...pairs.values()].map((pair) => pair.end()));
  }
}
