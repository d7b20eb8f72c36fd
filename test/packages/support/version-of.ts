import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./root.ts";

/** The version of a dependency that one of the workspace's packages, such as `packages/client`, has installed. */
export async function versionOf(name: string, owner: string): Promise<string> {
  const manifest = await readFile(join(root, owner, "node_modules", name, "package.json"), "utf8");
  return JSON.parse(manifest).version;
}
