import { parse, ShoalError } from "@shoal/contract";
import type { Definition } from "./definition.ts";
import { liftInput } from "./lift.ts";

/**
 * Who watches must be of the served version; who does not say is taken to be.
 *
 * @throws {ShoalError} `OUTDATED` for an older client, `SERVICE_UNAVAILABLE` for one that is newer than this code
 */
export function refuseOtherVersion(definition: Definition, client: number | undefined): void {
  refuseNewer(definition, client);
  if (client !== undefined && client < definition.version) throw outdated(definition, client);
}

/**
 * What a client sent as a command, held against its schema. An older client's is lifted first, so that its last command is not lost.
 *
 * @throws {ShoalError} `BAD_REQUEST` when it does not fit, `OUTDATED` when it is of an older client and cannot be lifted to what fits,
 * `SERVICE_UNAVAILABLE` when it is of a client that is newer than this code
 */
export function parseSent(definition: Definition, name: string, fields: object, client: number | undefined): object {
  refuseNewer(definition, client);
  const { migrate, version } = definition;
  if (client === undefined || client === version || !migrate) return parseInput(definition, name, fields);
  try {
    return parseInput(definition, name, liftInput(migrate, name, fields, client));
  } catch (cause) {
    throw outdated(definition, client, cause);
  }
}

/** @throws {ShoalError} `BAD_REQUEST` when the input does not fit the command's schema */
export function parseInput({ name, commands }: Definition, command: string, input: unknown): object {
  const schema = commands[command]?.input;
  return schema ? (parse(schema, input, `input of "${name}.${command}"`) as object) : {};
}

function refuseNewer({ name, version }: Definition, client: number | undefined): void {
  if (client === undefined || client <= version) return;
  throw new ShoalError(
    "SERVICE_UNAVAILABLE",
    `This server knows "${name}" up to version ${version}, not ${client}. Try again, to reach a newer one.`,
  );
}

function outdated({ name, version }: Definition, client: number, cause?: unknown): ShoalError {
  const message = `"${name}" is at version ${version} and this client at ${client}. Reload the page.`;
  return new ShoalError("OUTDATED", message, { cause });
}
