import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./process.mjs";

/**
 * A program from outside npm that a part of the tests needs.
 *
 * @typedef {object} Component
 * @property {string} name what people call it
 * @property {string} variable the environment variable that names its path, read first and set for the tests
 * @property {() => string | undefined} find where it is on this machine, if it is
 * @property {string[]} debian the Debian packages that bring it
 * @property {string} without what is not run without it
 */

/**
 * Finds a component, or installs it where that is possible.
 *
 * @param {Component} component
 * @returns {Promise<{ env: Record<string, string> } | { missing: string }>}
 */
export async function provide(component, env) {
  const given = env[component.variable];
  if (given) {
    if (existsSync(given)) return { env: { [component.variable]: given } };
    return { missing: `${component.variable} is ${given}, which does not exist: ${component.without} not run` };
  }
  let path = component.find();
  if (!path && (await installFromDebian(component, env))) path = component.find();
  if (path) return { env: { [component.variable]: path } };
  return {
    missing:
      `${component.name} was not found: ${component.without} not run. ` +
      `Install it (Debian, Ubuntu: ${component.debian.join(" ")}) or set ${component.variable} to its path.`,
  };
}

/** The first of the commands that PATH has. */
export function findOnPath(...commands) {
  for (const command of commands) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, command);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {}
    }
  }
  return undefined;
}

async function installFromDebian(component, env) {
  if (!existsSync("/etc/debian_version") || process.getuid?.() !== 0 || !findOnPath("apt-get")) return false;
  console.log(`Installing ${component.name} from the packages ${component.debian.join(", ")} ...`);
  const options = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" } };
  const apt = (...args) => run("apt-get", ["-qq", ...args], options);
  if ((await apt("update")) !== 0) return false;
  return (await apt("install", "-y", "--no-install-recommends", ...component.debian)) === 0;
}
