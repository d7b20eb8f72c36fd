import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The contenders, as tables name them. */
export const contenders = {
  shoal: "Shoal on SQLite",
  hocuspocus: `Hocuspocus ${versionOf("@hocuspocus/server")} on SQLite`,
  relay: "bare relay, nothing stored",
  mergingRelay: "bare relay, merged for a tick",
} as const;

export type ContenderName = keyof typeof contenders;

/** Those who keep what they are given. */
export type KeeperName = "shoal" | "hocuspocus";

/** The version of a package that is installed here. */
function versionOf(name: string): string {
  const main = createRequire(import.meta.url).resolve(name);
  const { version } = JSON.parse(readFileSync(new URL("../package.json", `file://${main}`), "utf8"));
  return version;
}
