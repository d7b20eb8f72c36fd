import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Failure, mustRun } from "./process.mjs";
import { root } from "./setup.mjs";

/**
 * Packs a package as for publication. Its `dist` must be built.
 *
 * @param {string} name such as `contract`
 * @param {string} folder where to put it; of its own for each package
 * @returns {Promise<string>} the path of the tarball
 */
export async function pack(name, folder) {
  const pnpm = join(root, "tools/node_modules/pnpm/bin/pnpm.cjs");
  await mustRun(process.execPath, [pnpm, "--silent", "pack", "--pack-destination", folder], {
    cwd: join(root, "packages", name),
    stdio: ["ignore", "ignore", "inherit"],
  });
  const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  if (!tarball) throw new Failure(`pnpm packed nothing for ${name}`);
  return join(folder, tarball);
}
