import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DemoOptions, startDemo } from "../server/start-demo.ts";

/** A demo on a free port, in a data folder of its own unless one is given. */
export async function openDemo({ dataDir, ...options }: Partial<DemoOptions> = {}) {
  await using cleanup = new AsyncDisposableStack();
  const folder = dataDir ?? cleanup.use(await temporaryFolder()).path;
  const demo = await startDemo({ port: 0, ...options, dataDir: folder });
  cleanup.defer(() => demo.close());
  const all = cleanup.move();
  return { ...demo, dataDir: folder, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** A folder that goes when it is disposed of. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "shoal-demo-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
