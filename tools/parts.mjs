import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buildDemo, buildPackages, checkTypes } from "./build.mjs";
import { chromium } from "./chromium.mjs";
import { provide } from "./component.mjs";
import { postgres } from "./postgres.mjs";
import { mustRun } from "./process.mjs";
import { root } from "./setup.mjs";

/** Thrown by a part that cannot be run here. */
export class NotRun extends Error {}

/** The parts of `npm test`, in the order in which they run. Each gets the tools and the arguments that follow its name. */
export const parts = {
  lint(tools, args) {
    const colors = process.stdout.isTTY ? [] : ["--colors=off"];
    const paths = args.length > 0 ? args : ["."];
    return runModule(tools, "@biomejs/biome/bin/biome", ["ci", "--error-on-warnings", ...colors, ...paths]);
  },

  structure: (tools, args) => runScript(tools, "check-structure.mjs", args),

  async types(tools, args) {
    await checkTypes(tools, args);
    await runVitest(tools, "types", []);
  },

  knip: (tools, args) => runModule(tools, "knip/bin/knip.js", args),

  async unit(tools, args) {
    const found = await provide(postgres, tools.env);
    if ("missing" in found && process.env.CI) throw new NotRun(found.missing);
    await runVitest({ ...tools, env: { ...tools.env, ...found.env } }, "unit", args);
    if ("missing" in found) throw new NotRun(found.missing);
  },

  async packages(tools, args) {
    await buildPackages(tools);
    await runScript(tools, "check-packages.mjs", []);
    if (hasFiles("test/packages", ".test.ts")) await runVitest(tools, "packages", args);
  },

  async size(tools, args) {
    await buildPackages(tools);
    await runScript(tools, "check-size.mjs", args);
  },

  async browser(tools, args) {
    if (!hasFiles("apps/demo/test", ".browser.test.ts")) throw new NotRun("there are no browser tests");
    const found = await provide(chromium, tools.env);
    if ("missing" in found) throw new NotRun(found.missing);
    await buildPackages(tools);
    await buildDemo(tools);
    await runVitest({ ...tools, env: { ...tools.env, ...found.env } }, "browser", args);
  },
};

/** Runs parts one after the other, each to its end, and returns the exit code. `args` go to the last of them. */
export async function runParts(tools, names, args) {
  const results = [];
  for (const [index, name] of names.entries()) {
    console.log(`\n=== ${name}\n`);
    const started = performance.now();
    let outcome = "ok";
    let note = "";
    try {
      await parts[name](tools, index === names.length - 1 ? args : []);
    } catch (error) {
      // What could not be run may be passed over on a desk, never where the result is relied upon.
      outcome = error instanceof NotRun && !process.env.CI ? "not run" : "FAILED";
      note = error.message;
      console.error(`${name}: ${error.exitCode === undefined && !(error instanceof NotRun) ? error.stack : note}`);
    }
    results.push({ name, outcome, note, seconds: (performance.now() - started) / 1000 });
  }
  console.log("\n=== summary\n");
  for (const { name, outcome, note, seconds } of results) {
    const line = `${name.padEnd(10)} ${outcome.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  ${note.split("\n")[0]}`;
    console.log(line.trimEnd());
  }
  return results.some(({ outcome }) => outcome === "FAILED") ? 1 : 0;
}

function runModule({ node, env }, module, args) {
  return mustRun(node, [join(root, "node_modules", module), ...args], { cwd: root, env });
}

function runScript({ node, env }, script, args) {
  return mustRun(node, [join(root, "tools", script), ...args], { cwd: root, env });
}

function runVitest(tools, project, args) {
  return runModule(tools, "vitest/vitest.mjs", ["run", "--project", project, ...args]);
}

function hasFiles(folder, ending) {
  const path = join(root, folder);
  return existsSync(path) && readdirSync(path, { recursive: true }).some((file) => file.endsWith(ending));
}
