import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";

const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
const folder = fileURLToPath(new URL("mistakes", import.meta.url));

/** What the first line of the compiler's message must say about each program in `mistakes/`. */
const messages: Record<string, string> = {
  "apply-without-event": "'cleared' does not exist in type",
  "channel-named-connection": String.raw`A channel cannot be named \"connection\": the client already has that name`,
  "command-named-like-a-query": String.raw`\"top\" is a query and a command: the router needs two names`,
  "command-named-watch": String.raw`A command cannot be named \"watch\": the router of each channel already has that name`,
  "date-in-event": "'Schema<{ at: Date; } & Json",
  "date-in-state": "'Schema<{ since: Date; } & Json",
  "event-without-apply": "Property 'cleared' is missing in type '{ added: ",
  "field-named-command-id": String.raw`The field \"commandId\" is a param, the commandId, the clientId or the version`,
  "field-named-like-a-param": String.raw`The field \"counterId\" is a param, the commandId, the clientId or the version`,
  "field-named-version": String.raw`The field \"version\" is a param, the commandId, the clientId or the version`,
  "former-to-unknown-event": `is not assignable to type '(data: any, from: number) => TaggedEvent<`,
  "migrate-in-version-one": "A channel of version 1 has nothing to migrate: give it a version above 1",
  "migrate-unknown-event": "'removed' does not exist in type",
  "migrate-without-command": "Property 'clear' is missing in type '{ add: ",
  "migrate-without-event": "Property 'cleared' is missing in type '{ added: ",
  "migrate-wrong-event": "is not assignable to type 'Lift<{ by: number; }>'",
  "migrate-wrong-state": "is not assignable to type 'Lift<{ value: number; }>'",
  "misspelt-facet": "'comands' does not exist in type",
  "misspelt-rejection": "Did you mean to write 'rejections'?",
  "nested-param": "'Schema<{ where: { id: string; }; } & { readonly where: ParamValue; }",
  "optimistic-internal": "'clear' does not exist in type",
  "optimistic-wrong-event": "is not assignable to type '(input: { by: number; }, context: PredictionContext<",
  "param-named-client-id": String.raw`A param cannot be named \"clientId\": a procedure of each channel has that field`,
  "query-named-watch": String.raw`A query cannot be named \"watch\": the router of each channel already has that name`,
  "query-without-output": "readonly output: Schema<Json",
  "rejection-field-named-reason": String.raw`A rejection cannot have a field \"ok\" or \"reason\"`,
  "version-fraction": "A version is a whole number from 1, not 1.5",
  "version-negative": "A version is a whole number from 1, not -1",
  "version-without-migrate": "& NeedsMigrate<",
  "version-zero": "A version is a whole number from 1, not 0",
  "wrong-apply": "Property 'value' is missing in type '{ total: number; }' but required in type '{ value: number; }'",
  "wrong-initial": "Type 'string' is not assignable to type 'number'",
};

const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length));

/** The first lines of all messages, by the program that each is about. */
async function compile(exact: boolean): Promise<Map<string, string[]>> {
  const args = [tsc, "-p", folder, "--pretty", "false", "--exactOptionalPropertyTypes", String(exact)];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (_error, stdout) => resolve(stdout));
  });
  const lines = output.split("\n").flatMap((line) => {
    const [, name, message] = /^([\w-]+)\.ts\(\d+,\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
    return name !== undefined && message !== undefined ? [{ name, message }] : [];
  });
  const messagesOf = (name: string) => lines.filter((line) => line.name === name).map(({ message }) => message);
  return new Map(names.map((name) => [name, messagesOf(name)]));
}

describe.each([
  { exact: true, what: "with exactOptionalPropertyTypes" },
  { exact: false, what: "without exactOptionalPropertyTypes" },
])("A mistake in a contract, $what,", ({ exact }) => {
  let compiled: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    compiled = await compile(exact);
  }, 60_000);

  test.each(names)("is told once, and in the first line: %s", (name) => {
    expect(messages).toHaveProperty([name]);
    expect(compiled.get(name)).toEqual([expect.stringContaining(messages[name] ?? "")]);
  });
});
