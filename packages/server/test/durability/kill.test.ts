import { expect, test } from "vitest";
import { audit } from "./audit.ts";
import { Load } from "./load.ts";
import { chance, Random } from "./random.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { WriterProcess } from "./writer-process.ts";

const lives = 50;

test(`A server that is killed ${lives} times loses, repeats and reorders nothing (SHOAL_SEED=${chance})`, async () => {
  await using folder = await temporaryFolder();
  await using processes = new AsyncDisposableStack();
  const start = () => processes.use(new WriterProcess({ cache: folder.file("cache") }));
  const at = { sqlite: folder.file("shoal.db") };
  const random = new Random(chance);
  const load = new Load(random);
  let next = start();
  for (let life = 1; life <= lives; life += 1) {
    const writer = next;
    await writer.ready();
    next = start();
    // Some do not even live to open the store.
    if (random.oneIn(8)) {
      writer.tell({ kind: "open", store: at });
    } else {
      expect(await writer.open(at)).toEqual({ kind: "opened" });
      load.begin(writer);
    }
    await after(random.between(30, 150));
    await writer.kill();
    expect({ faults: load.faults, complaints: writer.complaints }).toEqual({ faults: [], complaints: "" });
  }
  await next.ready();
  expect(await next.open(at)).toEqual({ kind: "opened" });
  load.begin(next);
  await load.finish();
  await next.kill();
  expect(load.answers.size).toBeGreaterThan(lives * 20);
  await audit(at, load);
}, 60_000);

/** How long a life lasts, which is the one thing here that goes by the clock. */
function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
