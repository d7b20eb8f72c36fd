import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure, mustRun } from "./process.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const NODE_MAJOR = 24;
const nodeMajor = Number(process.versions.node.split(".")[0]);
const pnpm = join(root, "tools/node_modules/pnpm/bin/pnpm.cjs");

/** Of what npm hands to a script, the little that tells an installation where packages come from. */
const KEPT = /^npm_config_(registry|userconfig|cafile|proxy|https_proxy|noproxy)$/i;

/**
 * Installs what is not there yet, and returns the Node.js to work with and the environment in which it comes first.
 * Each of the two installations does nothing while the files that describe it are as they were.
 */
export async function setup() {
  if (nodeMajor < 20) throw new Failure(`Node.js 20 or newer is needed to set up, this is ${process.version}.`);
  const env = environment();
  const tools = join(root, "tools");
  await once(tools, ["package.json", "package-lock.json"], () =>
    mustRun("npm", ["ci", "--no-audit", "--no-fund"], { cwd: tools, env }),
  );
  const node = findNode();
  await once(root, ["pnpm-workspace.yaml", "pnpm-lock.yaml", "package.json", ...workspaces()], () =>
    mustRun(node, [pnpm, "install", "--frozen-lockfile"], { cwd: root, env }),
  );
  const bins = [dirname(node), join(root, "node_modules/.bin"), join(tools, "node_modules/.bin")];
  env.PATH = [...bins, env.PATH].join(delimiter);
  for (const name of Object.keys(env)) if (/^npm_/i.test(name)) delete env[name];
  return { node, env };
}

/**
 * The one that runs this, if it is new enough, or the one that came with the tools. It is not a dependency of the root:
 * npm would find its shim first on PATH, and the shim does not pass signals on.
 */
function findNode() {
  if (nodeMajor >= NODE_MAJOR) return process.execPath;
  const node = join(root, `tools/node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(node)) return node;
  throw new Failure(
    `Node.js ${NODE_MAJOR} or newer is needed, this is ${process.version}, and there is none to install for ` +
      `${process.platform}-${process.arch}. Install it and run this again.`,
  );
}

function environment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (/^npm_/i.test(name) && !KEPT.test(name)) delete env[name];
  return env;
}

/** Paths from the root of every workspace package's package.json. */
function workspaces() {
  const grouped = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent))
      .map((name) => `${parent}/${name}/package.json`)
      .filter((path) => existsSync(join(root, path)))
      .sort(),
  );
  return [...grouped, "bench/package.json", "test/packages/package.json"];
}

async function once(folder, files, action) {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(folder, file)));
  const digest = hash.digest("hex");
  const stamp = join(folder, "node_modules/.shoal-setup");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  await action();
  writeFileSync(stamp, digest);
}
