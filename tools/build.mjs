import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./process.mjs";
import { root } from "./setup.mjs";

/** The published packages; apps are built by tools of their own. */
export const packages = ["contract", "server", "client", "react"];

/** What `bundle-script.mjs` makes in the client's folder. */
const scriptBundle = "shoal.min.js";

const tsc = join(root, "node_modules/typescript/bin/tsc");

export async function buildPackages({ node, env }) {
  prune();
  await mustRun(node, [tsc, "-b", ...packages.map((name) => `packages/${name}`)], { cwd: root, env });
  await mustRun(node, [join(root, "tools/bundle-script.mjs")], { cwd: root, env });
}

export async function buildDemo({ node, env }) {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  await mustRun(node, [vite, "build", "--logLevel", "warn"], { cwd: join(root, "apps/demo"), env });
}

export async function checkTypes({ node, env }, args) {
  prune();
  await mustRun(node, [tsc, "-b", ...args], { cwd: root, env });
  // Users need not set exactOptionalPropertyTypes: what the type tests pin must hold without it, too.
  await mustRun(node, [tsc, "-p", "tsconfig.loose.json"], { cwd: root, env });
}

/** `tsc -b` leaves behind what it made of a source that has since gone, and a tarball would carry it. */
function prune() {
  for (const name of packages) {
    const dist = join(root, "packages", name, "dist");
    if (!existsSync(dist)) continue;
    for (const file of readdirSync(dist, { recursive: true })) {
      if (file === scriptBundle) continue;
      const stem = /^(.*?)(\.d)?\.[jt]s(\.map)?$/.exec(file)?.[1];
      const source = join(root, "packages", name, "src", stem ?? "");
      if (stem && !existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`)) rmSync(join(dist, file));
    }
  }
}
