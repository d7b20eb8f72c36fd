// Bundles what a page loads to use Shoal from React, prints how large it is and what it is made of, and fails over the budget.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "./setup.mjs";

/** The most that it may be, minified and gzipped, in bytes. */
const BUDGET = 20 * 1024;

/** The application has these in any case. */
const external = ["react", "react/jsx-runtime", "react-dom"];

/** Everything that the packages export, but for entries of their own; of the contract what pages use. */
const entry = `
export * from "@shoal/client";
export * from "@shoal/react";
export { defineChannel, isRetryable, ShoalError } from "@shoal/contract";
`;

const parts = {
  contract: "/packages/contract/",
  client: "/packages/client/",
  react: "/packages/react/",
  uuid: "/node_modules/uuid/",
  trpc: "/node_modules/@trpc/",
};

/** The digits of source maps, in base 64. */
const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const { code, map, modules } = await bundle();
const size = gzipSync(code, { level: 9 }).length;
const bytes = bytesBySource(code, map);
const rows = Object.entries(groupByPart(bytes)).sort(([, a], [, b]) => b - a);
const total = rows.reduce((sum, [, count]) => sum + count, 0);

console.log("part        min (B)  share of gzip (B)");
for (const [part, count] of rows) {
  console.log(
    `${part.padEnd(10)} ${String(count).padStart(8)} ${String(Math.round((size * count) / total)).padStart(18)}`,
  );
}
console.log(`${"all".padEnd(10)} ${String(code.length).padStart(8)} ${String(size).padStart(18)}  of ${BUDGET}`);

const problems = [];
if (size > BUDGET) problems.push(`A page loads ${size} bytes of Shoal, ${size - BUDGET} more than it may.`);
const zod = modules.filter((id) => id.includes("/node_modules/zod/"));
if (zod.length > 0) problems.push(`zod is in every page, by ${zod[0]}. Only an application that uses it may bring it.`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

async function bundle() {
  const { output } = await build({
    configFile: false,
    logLevel: "error",
    root,
    define: { "process.env.NODE_ENV": '"production"' },
    resolve: {
      alias: Object.fromEntries(
        ["contract", "client", "react"].map((name) => [`@shoal/${name}`, join(root, `packages/${name}/dist/index.js`)]),
      ),
    },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? "\0entry" : undefined),
        load: (id) => (id === "\0entry" ? entry : undefined),
      },
    ],
    build: {
      write: false,
      sourcemap: true,
      minify: true,
      target: "es2023",
      rollupOptions: { input: "entry", external, preserveEntrySignatures: "strict", output: { format: "es" } },
    },
  });
  const chunks = output.filter(({ type }) => type === "chunk");
  if (chunks.length !== 1) throw new Error(`It became ${chunks.length} files instead of one.`);
  const [{ code, map, modules }] = chunks;
  return { code: code.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, ""), map, modules: Object.keys(modules) };
}

/** How many bytes of the code came from each source. What has none is glue of the bundler, under "". */
function bytesBySource(code, map) {
  const lines = code.split("\n");
  const bytes = {};
  const state = [0, 0];
  map.mappings.split(";").forEach((line, row) => {
    state[0] = 0;
    const segments = line
      .split(",")
      .filter(Boolean)
      .map((segment) => {
        const deltas = decode(segment);
        for (const [field, delta] of deltas.slice(0, 2).entries()) state[field] += delta;
        return { column: state[0], source: deltas.length > 1 ? map.sources[state[1]] : "" };
      });
    const ends = [...segments.slice(1).map(({ column }) => column), lines[row]?.length ?? 0];
    for (const [index, { column, source }] of segments.entries()) {
      bytes[source] = (bytes[source] ?? 0) + ends[index] - column;
    }
    bytes[""] = (bytes[""] ?? 0) + (segments[0]?.column ?? lines[row]?.length ?? 0);
  });
  return bytes;
}

/** The numbers of one segment of a source map, each in base 64 with a sign bit and a bit for more. */
function decode(segment) {
  const numbers = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = digits.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

function groupByPart(bytes) {
  const grouped = {};
  for (const [source, count] of Object.entries(bytes)) {
    const path = source.startsWith(".") ? join(root, "dist/assets", source) : source;
    const part = Object.keys(parts).find((name) => path.includes(parts[name])) ?? "other";
    grouped[part] = (grouped[part] ?? 0) + count;
  }
  return grouped;
}
