import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildDemo, buildPackages, packages } from "./build.mjs";
import { provide } from "./component.mjs";
import { pack } from "./pack.mjs";
import { parts, runParts } from "./parts.mjs";
import { postgres } from "./postgres.mjs";
import { Failure, mustRun, run, stopSignal } from "./process.mjs";
import { root, setup } from "./setup.mjs";

const commands = {
  async setup() {
    const { node } = await setup();
    console.log(`Everything is installed; work is done by ${node}.`);
    return 0;
  },

  /** Runs a program as the other commands do: with the right Node.js first on PATH. */
  async exec([program, ...args]) {
    if (!program) throw new Failure("usage: node tools/run.mjs exec <program> [...args]");
    const { env } = await setup();
    return run(program, args, { env, stdio: "inherit" });
  },

  async start(args) {
    const tools = await setup();
    await buildPackages(tools);
    await buildDemo(tools);
    const main = join(root, "apps/demo/server/main.ts");
    return run(tools.node, ["--import", new URL("stop-with-parent.mjs", import.meta.url).href, main, ...args], {
      cwd: root,
      env: tools.env,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  },

  async test(args) {
    const known = Object.keys(parts);
    let count = args.findIndex((arg) => !known.includes(arg));
    if (count === -1) count = args.length;
    if (count === 0 && args.length > 0) {
      throw new Failure(`there is no part "${args[0]}"; the parts are: ${known.join(", ")}`);
    }
    const rest = args.slice(args[count] === "--" ? count + 1 : count);
    return runParts(await setup(), count === 0 ? known : args.slice(0, count), rest);
  },

  /** Builds the packages, and puts what would be published of each into the folder `packed`. */
  async pack() {
    await buildPackages(await setup());
    const folder = join(root, "packed");
    rmSync(folder, { recursive: true, force: true });
    for (const name of packages) console.log(await pack(name, join(folder, name)));
    return 0;
  },

  async bench([name, ...args]) {
    const folder = join(root, "bench");
    const names = (existsSync(folder) ? readdirSync(folder) : []).filter((file) => /\.(ts|mjs)$/.test(file));
    const file = names.find((candidate) => candidate.replace(/\.(ts|mjs)$/, "") === name);
    if (!file) {
      const list = names.map((candidate) => candidate.replace(/\.(ts|mjs)$/, "")).join(", ") || "none yet";
      throw new Failure(`usage: npm run bench -- <name>; the benchmarks are: ${list}`);
    }
    const tools = await setup();
    await buildPackages(tools);
    const found = await provide(postgres, tools.env);
    if ("missing" in found) throw new Failure(found.missing);
    await mustRun(tools.node, [join(folder, file), ...args], {
      cwd: root,
      env: { ...tools.env, ...found.env, NODE_ENV: "production" },
    });
    return 0;
  },
};

const [name, ...args] = process.argv.slice(2);
try {
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : undefined;
  if (!command) throw new Failure(`usage: node tools/run.mjs <${Object.keys(commands).join("|")}> [...args]`);
  process.exitCode = await command(args);
} catch (error) {
  if (stopSignal() === undefined) console.error(error instanceof Failure ? error.message : error);
  process.exitCode = error.exitCode ?? 1;
}
