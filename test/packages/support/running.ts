import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "./program.ts";
import type { Project } from "./project.ts";
import { fixture } from "./root.ts";

/** A folder that goes with whoever made it. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "shoal-data-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** The project's server, or another one of the documents, on a free port. It keeps what it keeps in `data`. */
export async function startServer(project: Project, data: string, name = "server") {
  const program = new Program(project.path(`dist/${name}.js`), {
    cwd: data,
    env: { AUCTION_KEY: "a key of more than thirty-two characters" },
    before: fixture("run/any-port.mjs"),
  });
  const page = `http://localhost:${await program.message()}/`;
  return {
    page,
    /** Runs one of the project's programs as a page of this server. */
    visit: (file: string) =>
      new Program(project.path(file), { cwd: data, env: { PAGE: page }, before: project.path("run/browser.mjs") }),
    /** Runs one of the project's programs as one of Node.js, which is told of the server. */
    run: (file: string) => new Program(project.path(file), { cwd: data, env: { PAGE: page, SERVER: name } }),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
