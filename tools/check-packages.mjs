// Packs every package as for publication and checks what users would get.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packages } from "./build.mjs";
import { pack } from "./pack.mjs";
import { mustRun, run } from "./process.mjs";
import { root } from "./setup.mjs";

const node = process.execPath;
const module = (path) => join(root, "node_modules", path);
const specifier = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"']+)["']|^\s*declare module ["']([^"']+)["']/gm;
const failed = [];

const folder = mkdtempSync(join(tmpdir(), "shoal-packages-"));
try {
  for (const name of packages) await check(name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

async function check(name) {
  console.log(`\n--- @shoal/${name}`);
  const out = join(folder, name);
  const path = await pack(name, out);
  await mustRun("tar", ["-xzf", path, "-C", out]);

  const attw = module("@arethetypeswrong/cli/dist/index.js");
  if ((await run(node, [module("publint/src/cli.js"), path, "--strict"])) !== 0) failed.push(`publint of ${name}`);
  if ((await run(node, [attw, path, "--profile", "esm-only"])) !== 0) failed.push(`attw of ${name}`);
  if (!checkImports(join(out, "package"))) failed.push(`imports of ${name}`);
  if (!checkDirectives(join(out, "package"))) failed.push(`directives of ${name}`);
}

/** What uses React's hooks or contexts tells so, in the source and in what is published, or no server component can import it. */
function checkDirectives(folder) {
  const wrong = [];
  for (const file of readdirSync(join(folder, "dist"), { recursive: true })) {
    if (!file.endsWith(".js")) continue;
    const text = readFileSync(join(folder, "dist", file), "utf8");
    const needsIt = /import \{[^}]*\b(use[A-Z]\w*|createContext)\b[^}]*\} from "react"/.test(text);
    if (needsIt && !/^["']use client["'];/.test(text)) wrong.push(`dist/${file}: does not begin with "use client"`);
  }
  for (const line of wrong) console.error(line);
  return wrong.length === 0;
}

/** What a package's files import must be itself, Node.js or what it declares, or it resolves in our workspace alone. */
function checkImports(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const declared = new Set([
    manifest.name,
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
    ...Object.keys(manifest.imports ?? {}),
  ]);
  const wrong = [];
  if (JSON.stringify(manifest.exports).includes("@shoal/source"))
    wrong.push("package.json: @shoal/source is published");
  for (const file of readdirSync(join(folder, "dist"), { recursive: true })) {
    if (!/\.(d\.ts|js)$/.test(file)) continue;
    const text = withoutComments(readFileSync(join(folder, "dist", file), "utf8"));
    for (const [, imported, augmented] of text.matchAll(specifier)) {
      const found = imported ?? augmented;
      if (found.startsWith(".") || found.startsWith("node:") || builtinModules.includes(found)) continue;
      const owner = found.split("/", found.startsWith("@") ? 2 : 1).join("/");
      if (!declared.has(owner)) wrong.push(`dist/${file}: imports ${found}, which package.json does not declare`);
    }
  }
  for (const line of wrong) console.error(line);
  if (wrong.length === 0) console.log("Its files import only what it declares.");
  return wrong.length === 0;
}

function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}
