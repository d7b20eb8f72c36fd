import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packages } from "../../../tools/build.mjs";
import { pack } from "../../../tools/pack.mjs";
import { execute } from "./execute.ts";
import { root } from "./root.ts";
import { versionOf } from "./version-of.ts";

const pnpm = join(root, "tools/node_modules/pnpm/bin/pnpm.cjs");
const tsc = join(root, "node_modules/typescript/bin/tsc");

/** What an application of ours installs besides the packages, each in the version that a workspace package has. */
const others = {
  "@codemirror/state": "apps/demo",
  "@codemirror/view": "apps/demo",
  "@hono/node-server": "packages/server",
  "@tanstack/react-query": "packages/react",
  "@trpc/client": "packages/client",
  "@trpc/server": "packages/server",
  "@types/express": "packages/server",
  "@types/node": "packages/server",
  "@types/pg": "packages/server",
  "@types/react": "packages/react",
  "@types/react-dom": "packages/react",
  "@types/ws": "packages/server",
  diff: "packages/server",
  eventsource: "packages/server",
  express: "packages/server",
  "fast-check": "packages/server",
  fastify: "packages/server",
  "happy-dom": "packages/react",
  hono: "packages/server",
  lib0: "packages/server",
  pg: "packages/server",
  "prom-client": "packages/server",
  react: "packages/react",
  "react-dom": "packages/react",
  uplot: "apps/demo",
  "web-push": "packages/server",
  ws: "packages/server",
  "y-codemirror.next": "apps/demo",
  "y-protocols": "packages/client",
  yjs: "packages/server",
  zod: "packages/contract",
};

/** An application in a folder outside the workspace, which has the packages from their tarballs. */
export class Project {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param more - what it installs besides what every project has: workspace packages by names of dependencies */
  static async create(more: Readonly<Record<string, string>> = {}): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), "shoal-project-")));
    const tarballs = await project.#pack();
    const versions = await Promise.all(
      Object.entries({ ...others, ...more }).map(
        async ([name, owner]) => [name, await versionOf(name, owner)] as const,
      ),
    );
    const dependencies = { ...tarballs, ...Object.fromEntries(versions) };
    await project.write("package.json", JSON.stringify({ private: true, type: "module", dependencies }));
    // The packages name each other by version, and no registry is to be asked for those.
    await project.write(
      "pnpm-workspace.yaml",
      JSON.stringify({ overrides: tarballs, hoist: false, strictPeerDependencies: true }),
    );
    await execute(process.execPath, [pnpm, "install", "--prefer-offline"], project.folder);
    return project;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), text);
  }

  /** Writes a file that must not be there yet. */
  async writeNew(name: string, text: string): Promise<void> {
    await writeFile(this.path(name), text, { flag: "wx" });
  }

  /** Puts the files of a folder into one of the project. */
  async add(folder: string, into = "."): Promise<void> {
    await cp(folder, this.path(into), { recursive: true });
  }

  /** Compiles all sources. Fails with what the compiler says. */
  async compile(options: object): Promise<void> {
    await this.#configure(options);
    await execute(process.execPath, [tsc, "-p", ".", "--pretty", "false"], this.folder);
  }

  /** What the compiler says of all sources, and of the declarations that they use where `skipLibCheck` is not set. */
  async complaints(options: object): Promise<readonly string[]> {
    await this.#configure(options);
    const args = [tsc, "-p", ".", "--pretty", "false", "--noEmit"];
    return new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: this.folder }, (_error, said) => {
        resolve(said.split("\n").filter((line) => /^\S/.test(line)));
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  async #configure(options: object): Promise<void> {
    const compilerOptions = { ...always, ...options };
    await this.write("tsconfig.json", JSON.stringify({ compilerOptions, exclude: ["dist"] }));
  }

  async #pack(): Promise<Readonly<Record<string, string>>> {
    const packed: Record<string, string> = {};
    for (const name of packages) packed[`@shoal/${name}`] = `file:${await pack(name, this.path(`packed/${name}`))}`;
    return packed;
  }
}

const always = {
  target: "es2023",
  lib: ["es2023", "dom"],
  types: ["node"],
  jsx: "react-jsx",
  strict: true,
  rootDir: ".",
  outDir: "dist",
};
