import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { findOnPath } from "./component.mjs";

/** Debian keeps the server's programs out of PATH, in a folder for each version. */
const debianFolder = "/usr/lib/postgresql";

/** The folder of the server's programs, `initdb` among them. @type {import("./component.mjs").Component} */
export const postgres = {
  name: "Postgres",
  variable: "POSTGRES_BIN",
  find: () => [...onPath(), ...ofDebian()].find((folder) => existsSync(join(folder, "initdb"))),
  debian: ["postgresql"],
  without: "the tests of the Postgres store were",
};

function onPath() {
  const found = findOnPath("postgres");
  return found ? [dirname(found)] : [];
}

function ofDebian() {
  if (!existsSync(debianFolder)) return [];
  const newestFirst = readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a));
  return newestFirst.map((version) => join(debianFolder, version, "bin"));
}
