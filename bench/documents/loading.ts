import * as Y from "yjs";
import { alternate, median } from "../support/measure.ts";
import { figureOf, printRatios } from "../support/ratios.ts";
import { contenders, type KeeperName } from "./contenders.ts";
import type { Edit } from "./hosts/host.ts";
import { Pair } from "./pair.ts";
import { Typist } from "./typist.ts";

const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
const count = 100_000;
const rounds = 3;

interface Filled {
  readonly name: KeeperName;
  readonly path: string;
  readonly documentId: string;
}

/** What it costs to open a document of many edits, on a server that has just been started. */
export async function measureLoading(newFile: () => string) {
  const { edits, length } = write();
  const filled: Filled[] = [];
  for (const name of ["shoal", "hocuspocus"] as const) filled.push(await fill(name, newFile(), edits));
  const cpu = new Map<string, number[]>();
  const run = async ({ name, path, documentId }: Filled) => {
    const pair = await Pair.start(name, path);
    try {
      let ms = 0;
      const used = await pair.cpuOf(async () => {
        ms = await pair.load(documentId, users[0] ?? "", length);
      });
      cpu.set(contenders[name], [...(cpu.get(contenders[name]) ?? []), used / 1_000]);
      return ms;
    } finally {
      await pair.end();
    }
  };
  const running = filled.map((one) => ({ name: contenders[one.name], run: () => run(one) }));
  const times = await alternate(running, rounds);
  const used = new Map([...cpu].map(([name, values]) => [name, medianAfterFirst(values)]));
  const { shoal, hocuspocus } = contenders;
  const title = `Loading a document of ${count.toLocaleString("en-US")} edits from a server that has just been started`;
  printRatios(title, "ms until the text is there", times, [hocuspocus]);
  printRatios(title, "ms of the server's CPU", used, [hocuspocus]);
  return {
    loadVsHocuspocus: figureOf(times, shoal) / figureOf(times, hocuspocus),
    loadCpuVsHocuspocus: figureOf(used, shoal) / figureOf(used, hocuspocus),
  };
}

/** The first one warms up, as in {@link alternate}. */
function medianAfterFirst([, ...values]: readonly number[]): number {
  return median(values);
}

/** What all write, each in turn, on a document that all see at once. */
function write(): { readonly edits: readonly Edit[]; readonly length: number } {
  const edits: Edit[] = [];
  const whole = new Y.Doc();
  const typists = users.map((_, index) => new Typist(whole, index));
  const ids = users.map((_, index) => index + 1);
  let user = "";
  whole.on("update", (update: Uint8Array) => edits.push({ user, update }));
  for (let made = 0; made < count; made += 1) {
    const turn = made % users.length;
    user = users[turn] ?? "";
    whole.clientID = ids[turn] ?? 0;
    typists[turn]?.type();
  }
  return { edits, length: whole.getText("text").length };
}

async function fill(name: KeeperName, path: string, edits: readonly Edit[]): Promise<Filled> {
  const pair = await Pair.start(name, path);
  try {
    return { name, path, documentId: await pair.fill(edits) };
  } finally {
    await pair.end();
  }
}
