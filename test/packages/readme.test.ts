import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diffOf, snippetsOf } from "./support/documents.ts";
import { execute } from "./support/execute.ts";
import { Project } from "./support/project.ts";
import { fixture, root } from "./support/root.ts";
import { startServer, temporaryFolder } from "./support/running.ts";

const readme = "README.md";
const documents = [
  readme,
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
];

/** As Node.js resolves modules, with what a strict project asks for besides. */
const forNode = {
  module: "nodenext",
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: false,
  skipLibCheck: true,
};

/** As a bundler resolves them, in a project that asks for no more than `strict`. */
const forBundler = { module: "esnext", moduleResolution: "bundler", skipLibCheck: true, noEmit: true };

test("The quick start changes at most 25 lines", () => {
  const changed = diffOf(readme)
    .split("\n")
    .filter((line) => /^[-+](?!-- |\+\+ )/.test(line));
  expect(changed.length).toBeLessThanOrEqual(25);
});

describe("In a project of its own, with the packages as they are published, the quick start", () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.create();
    await project.add(fixture("before"));
    await project.compile(forNode);
    await project.write("quick-start.diff", diffOf(readme));
    await execute("git", ["apply", "quick-start.diff"], project.folder);
    for (const document of documents) {
      for (const [name, text] of snippetsOf(document)) await project.writeNew(name, text);
    }
    await project.add(fixture("use"));
    await project.compile(forNode);
    await project.add(fixture("run"), "run");
  });

  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
  });

  test("compiles with a bundler's settings, too", async () => {
    await project.compile(forBundler);
  });

  test.each([
    ["Node.js", forNode],
    ["a bundler", forBundler],
  ])("has only declarations that hold, for a compiler that checks them, too: for %s", async (_who, options) => {
    const said = await project.complaints({ ...options, skipLibCheck: false });
    // Those of tRPC 11.22 for `ws` do not; later ones do.
    expect(said.filter((line) => !line.includes("/node_modules/@trpc/"))).toEqual([]);
  });

  test("counts in the page, and goes on where it was after the server is killed", async () => {
    await using data = await temporaryFolder();
    {
      await using server = await startServer(project, data.path);
      await using page = server.visit("dist/page.js");
      await page.line(/^live 3$/);
      await page.line(/^committed at offset 1$/);
    }
    await using server = await startServer(project, data.path);
    await using page = server.visit("dist/page.js");
    await page.line(/^live 6$/);
    await page.line(/^committed at offset 2$/);
  });

  test("counts in React", async () => {
    await using data = await temporaryFolder();
    await using server = await startServer(project, data.path);
    await using page = server.visit("run/click.mjs");
    await page.line(/^from 0 to 1$/);
  });

  test("counts for the SDK in Node.js, where there is neither a page nor React", async () => {
    await using data = await temporaryFolder();
    await using server = await startServer(project, data.path);
    await using program = server.run("dist/in-node.js");
    await program.line(/^live 6$/);
    await program.line(/^committed at offset 1 in a page: false$/);
  });

  test.each(["auctions-server", "documents-server", "echo-server", "ops-server", "rooms-server"])(
    "has beside it a server that knows who it is over HTTP, as over a WebSocket: %s",
    async (name) => {
      await using data = await temporaryFolder();
      await using server = await startServer(project, data.path, name);
      await using program = server.run("dist/both-ways.js");
      await program.line(/^{"ok":true/);
    },
  );

  test("counts for the stock client over a WebSocket", async () => {
    await using data = await temporaryFolder();
    await using server = await startServer(project, data.path);
    await using page = server.visit("dist/stock.js");
    await page.line(/^[\w-]{16}:0:all {"kind":"snapshot","reason":"initial","state":{"value":0},"offset":0,"at":0}$/);
    await page.line(/^[\w-]{16}:1:all {"kind":"events","from":1,"to":1,"events":\[.*"data":{"by":4}/);
  });

  test("counts for the stock client over SSE, beside what was there before", async () => {
    await using data = await temporaryFolder();
    await using server = await startServer(project, data.path);
    await using page = server.visit("dist/over-http.js");
    await page.line(/^Hello, Cleo$/);
    await page.line(/^{"kind":"snapshot","reason":"initial","state":{"value":0}/);
    await page.line(/^{"kind":"events","from":1,"to":1,"events":\[.*"data":{"by":5}/);
    await page.line(/^{"ok":true,"offset":1}$/);
  });
});
