// Fails when a package imports in a forbidden direction, or when a source file has grown too long to be read at once.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const MAX_LINES = 350;

/** Which of our packages each of them may import from. */
const allowed = {
  contract: [],
  server: ["contract"],
  client: ["contract"],
  react: ["client", "contract"],
};

const specifier = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g;
const problems = [];

for (const [name, others] of Object.entries(allowed)) {
  const folder = join(root, "packages", name, "src");
  if (!existsSync(folder)) continue;
  for (const file of readdirSync(folder, { recursive: true }).filter((path) => /\.tsx?$/.test(path))) {
    const path = `packages/${name}/src/${file}`;
    const text = readFileSync(join(root, path), "utf8");
    const lines = text.trimEnd().split("\n").length;
    if (lines > MAX_LINES) problems.push(`${path}: ${lines} lines, more than ${MAX_LINES}`);
    for (const [, imported = ""] of text.matchAll(specifier)) {
      const ours = /^@shoal\/([^/]+)/.exec(imported)?.[1];
      if (ours && !others.includes(ours)) problems.push(`${path}: ${name} must not import ${imported}`);
      if (imported.startsWith(".") && leaves(file, imported)) problems.push(`${path}: ${imported} leaves the package`);
    }
  }
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log("The packages import in the allowed directions, and no file is too long.");

function leaves(file, imported) {
  return join(file, "..", imported).startsWith("..");
}
