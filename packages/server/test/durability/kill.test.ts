import { describe, expect, test } from "vitest";
import { audit } from "./audit.ts";
import { kinds } from "./kinds.ts";
import { Load } from "./load.ts";
import { chance, Random } from "./random.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { WriterProcess } from "./writer-process.ts";

/** How often each server is killed. */
const lives = 52;

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here).concurrent(`On ${name}, a server that is killed ${lives} times`, () => {
    test(`loses, repeats and reorders nothing (SHOAL_SEED=${chance})`, async () => {
      await using places = await prepare();
      await using folder = await temporaryFolder();
      await using processes = new AsyncDisposableStack();
      const start = () => processes.use(new WriterProcess({ cache: folder.file("cache") }));
      const at = places.next();
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
          // Some do not even live to answer.
          if (!random.oneIn(4)) await load.answer(random.between(1, 30));
        }
        await after(random.between(0, 100));
        await writer.kill();
        expect({ faults: load.faults, complaints: writer.complaints }).toEqual({ faults: [], complaints: "" });
      }
      await next.ready();
      expect(await next.open(at)).toEqual({ kind: "opened" });
      load.begin(next);
      await load.finish();
      await next.kill();
      expect(load.answers.size).toBeGreaterThan(lives * 5);
      await audit(at, load);
    }, 180_000);
  });
}

/** How long a life lasts beyond its answers, which is the one thing here that goes by the clock. */
function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
