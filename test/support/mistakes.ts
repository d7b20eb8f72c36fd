import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";

const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/**
 * Compiles the programs in the folder `mistakes` beside `here`, each with one mistake in it, as a user's compiler would.
 *
 * @param messages - by program, what the first line of the compiler's message must say
 */
export function describeMistakes(what: string, here: string, messages: Readonly<Record<string, string>>): void {
  const folder = fileURLToPath(new URL("mistakes", here));
  const names = readdirSync(folder).flatMap((file) => /^([\w-]+)\.tsx?$/.exec(file)?.[1] ?? []);

  describe.each([
    { exact: true, how: "with exactOptionalPropertyTypes" },
    { exact: false, how: "without exactOptionalPropertyTypes" },
  ])(`A mistake in ${what}, $how,`, ({ exact }) => {
    let compiled: ReadonlyMap<string, readonly string[]>;

    beforeAll(async () => {
      compiled = await compile(folder, names, exact);
    }, 60_000);

    test.each(names)("is told once, and in the first line: %s", (name) => {
      expect(messages).toHaveProperty([name]);
      expect(compiled.get(name)).toEqual([expect.stringContaining(messages[name] ?? "")]);
    });
  });

  test("Each message is about a program", () => {
    expect(Object.keys(messages).toSorted()).toEqual(names.toSorted());
  });
}

/** The first lines of all messages, by the program that each is about. */
async function compile(folder: string, names: readonly string[], exact: boolean): Promise<Map<string, string[]>> {
  const args = [tsc, "-p", folder, "--pretty", "false", "--exactOptionalPropertyTypes", String(exact)];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (_error, stdout) => resolve(stdout));
  });
  const lines = output.split("\n").flatMap((line) => {
    const [, name, message] = /^([\w-]+)\.tsx?\(\d+,\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
    return name !== undefined && message !== undefined ? [{ name, message }] : [];
  });
  const messagesOf = (name: string) => lines.filter((line) => line.name === name).map(({ message }) => message);
  return new Map(names.map((name) => [name, messagesOf(name)]));
}
