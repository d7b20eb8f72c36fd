import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureLoading } from "./documents/loading.ts";
import { measureTyping } from "./documents/typing.ts";
import { printJson } from "./support/report.ts";
import { pinning } from "./support/worker.ts";

/** Documents: what an edit costs the server, and what it costs to open a document that has had many. */
const folder = await mkdtemp(join(tmpdir(), "shoal-bench-"));
let made = 0;
const newFile = () => join(folder, `${made++}.db`);

try {
  console.log(pinning);
  const typing = await measureTyping(newFile);
  const loading = await measureLoading(newFile);
  console.log("");
  printJson({ ...typing, ...loading });
} finally {
  await rm(folder, { recursive: true });
}
