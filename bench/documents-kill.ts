import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Losses, measureLosses } from "./documents/losses.ts";
import { printJson, printTable } from "./support/report.ts";

/** Documents whose server is killed with SIGKILL: how many edits that were shown as saved are lost. */
const folder = await mkdtemp(join(tmpdir(), "shoal-bench-"));
let made = 0;
const newFile = () => join(folder, `${made++}.db`);

try {
  const losses = await measureLosses(newFile);
  console.log(
    "Five people write for 1, 3, 6 and 12 s; when all is shown as saved, the server is killed and started again",
  );
  const head = ["", "stays", "shown as saved", "lost"];
  printTable(
    head,
    losses.map(({ contender, staying, saved, lost }) => [contender, staying, saved, lost]),
  );
  const lostBy = (name: string, staying: string) =>
    losses.find((one: Losses) => one.contender.startsWith(name) && one.staying === staying)?.lost ?? Number.NaN;
  printJson({
    lostByShoal: lostBy("Shoal", "nobody") + lostBy("Shoal", "one of five"),
    lostByHocuspocus: lostBy("Hocuspocus", "nobody"),
    lostByHocuspocusWhereOneStays: lostBy("Hocuspocus", "one of five"),
  });
} finally {
  await rm(folder, { recursive: true });
}
