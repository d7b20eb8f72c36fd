import { ShoalError } from "@shoal/contract";
import type { SqlStatement } from "../../store.ts";
import type { Connection } from "./connection.ts";
import { quoteName, toText } from "./text.ts";

/** Each step takes the schema from the version before it to its own, which is its place in the list, from 1. Steps are only ever added. */
const steps: readonly string[] = [
  // What changes with every write is a narrow table of its own, of which no write changes what is indexed, but for the next timer: so
  // Postgres reuses the room of the versions before within a page, and no index grows. Which topics a transaction wrote to is added
  // elsewhere, one row for each transaction.
  // A topic's key may be longer than an index of ordered texts takes; one of hashes takes any. The ids of commands are ordered by
  // time, so their index grows at one end. "C" compares bytes: the keys need no language's order.
  `
  CREATE TABLE topics (
    id bigserial PRIMARY KEY,
    key text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    tenant text,
    params text NOT NULL,
    EXCLUDE USING hash (key WITH =)
  );
  CREATE TABLE heads (
    topic bigint PRIMARY KEY,
    "offset" bigint NOT NULL DEFAULT 0,
    at bigint NOT NULL DEFAULT 0,
    first bigint NOT NULL DEFAULT 1,
    covered bigint NOT NULL DEFAULT 0,
    next_due bigint,
    timers text NOT NULL DEFAULT '[]'
  ) WITH (fillfactor = 50);
  CREATE INDEX heads_next_due ON heads (next_due) WHERE next_due IS NOT NULL;
  CREATE TABLE changes (
    xid xid8 NOT NULL,
    topics bigint[] NOT NULL
  );
  CREATE INDEX changes_xid ON changes (xid);
  CREATE TABLE events (
    topic bigint NOT NULL,
    "offset" bigint NOT NULL,
    at bigint NOT NULL,
    type text NOT NULL,
    data text NOT NULL,
    secret text,
    command_id text,
    user_id text,
    PRIMARY KEY (topic, "offset")
  );
  CREATE TABLE snapshots (
    topic bigint PRIMARY KEY,
    "offset" bigint NOT NULL,
    at bigint NOT NULL,
    state text NOT NULL
  );
  CREATE TABLE records (
    topic bigint NOT NULL,
    sender text COLLATE "C" NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    digest text NOT NULL,
    outcome text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (command_id, topic, sender)
  );
  CREATE INDEX records_at ON records (at);
  CREATE TABLE effects (
    place bigserial PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    source text NOT NULL,
    channel text NOT NULL,
    tenant text,
    params text NOT NULL,
    command text NOT NULL,
    input text NOT NULL,
    due bigint NOT NULL,
    attempts int NOT NULL,
    status text NOT NULL
  );
  CREATE INDEX effects_armed ON effects (place) WHERE status = 'armed';
  `,
  // What was written before there were versions is of version 1. No row is rewritten for that.
  `
  ALTER TABLE events ADD COLUMN version int NOT NULL DEFAULT 1;
  ALTER TABLE snapshots ADD COLUMN version int NOT NULL DEFAULT 1;
  ALTER TABLE effects ADD COLUMN version int NOT NULL DEFAULT 1;
  ALTER TABLE records ADD COLUMN version int NOT NULL DEFAULT 1;
  `,
  `
  ALTER TABLE events ADD COLUMN redacts text;
  ALTER TABLE events ADD COLUMN redacted boolean NOT NULL DEFAULT false;
  ALTER TABLE effects ADD COLUMN redacted boolean NOT NULL DEFAULT false;
  ALTER TABLE heads ADD COLUMN generation bigint NOT NULL DEFAULT 0;
  `,
  // They are found as changes are, by the transactions that wrote them.
  `
  CREATE TABLE revocations (
    xid xid8 NOT NULL,
    revocation text NOT NULL,
    at bigint NOT NULL
  );
  CREATE INDEX revocations_xid ON revocations (xid);
  CREATE INDEX revocations_at ON revocations (at);
  `,
  `ALTER TABLE heads ADD COLUMN derived bigint NOT NULL DEFAULT 0`,
];

/**
 * Transaction ids that the server has yet to give out come from a backup of another one, and every look would find them. Below the
 * oldest change nothing is known to be kept, so there is always one, and at first one before all.
 */
const settleChanges = `
  DELETE FROM changes WHERE xid >= pg_snapshot_xmax(pg_current_snapshot());
  DELETE FROM revocations WHERE xid >= pg_snapshot_xmax(pg_current_snapshot());
  INSERT INTO changes SELECT '0', '{}' WHERE NOT EXISTS (SELECT FROM changes)`;

const lockSchema = "SELECT pg_advisory_xact_lock(hashtext('shoal'), hashtext($1::text))";
const inspect = `
  SELECT current_setting('server_version_num') AS server, current_setting('fsync') AS fsync,
    to_regnamespace($1::text) IS NOT NULL AS exists, to_regclass($1::text || '.meta') IS NOT NULL AS filled,
    (SELECT relpersistence = 'p' FROM pg_class WHERE oid = to_regclass($1::text || '.heads')) AS durable`;
const createMeta = `
  CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL);
  INSERT INTO meta VALUES ('version', '0')`;
const nameForEver = "INSERT INTO meta VALUES ('identity', gen_random_uuid()::text)";
/** The tables are there after a crash, and so is their version; what is in them is not, nor is the name of what was in them. */
const nameUntilCrash = `
  CREATE UNLOGGED TABLE identity (key text PRIMARY KEY, value text NOT NULL);
  INSERT INTO identity VALUES ('identity', gen_random_uuid()::text)`;

const oldestServer = 130_000;

/**
 * Brings the schema to the version of this code, forward only. Whoever opens it meanwhile waits.
 *
 * @param durable - whether the tables are to outlive a crash of the server; else they are unlogged
 * @returns the server's `fsync`
 * @throws {ShoalError} `SERVICE_UNAVAILABLE` when the schema is of a newer version or of the other kind, or the server too old
 */
export async function migrate(connection: Connection, schema: string, durable: boolean): Promise<string> {
  const name = quoteName(schema);
  await connection.begin(`SET LOCAL lock_timeout = 0; SET LOCAL search_path TO ${name}`);
  await connection.run({ text: lockSchema }, [schema]);
  const [found] = await connection.run({ text: inspect }, [name]);
  refuseOldServer(Number(found?.server));
  if (!found?.exists) await connection.execute(`CREATE SCHEMA ${name}`);
  if (!found?.filled) await connection.execute(`${createMeta}; ${durable ? nameForEver : nameUntilCrash}`);
  else if (found.durable !== durable) throw ofOtherKind(schema, durable);
  await upgrade(connection, schema, durable);
  await connection.execute(settleChanges);
  await connection.commit();
  return String(found?.fsync);
}

/**
 * Brings the tables of a channel forward, which are made where the connection's `search_path` says.
 *
 * @throws {ShoalError} `SERVICE_UNAVAILABLE` when they were made by a newer version of the channel
 */
export async function migrateTables(
  connection: Connection,
  schema: string,
  name: string,
  tables: readonly (readonly SqlStatement[])[],
): Promise<void> {
  const meta = `${quoteName(schema)}.meta`;
  const key = toText(`tables:${name}`);
  await connection.begin("SET LOCAL lock_timeout = 0");
  await connection.run({ text: lockSchema }, [schema]);
  const [row] = await connection.run({ text: `SELECT value FROM ${meta} WHERE key = $1::text` }, [key]);
  const version = Number(row?.value ?? 0);
  if (version > tables.length) {
    throw new ShoalError(
      "SERVICE_UNAVAILABLE",
      `The tables of "${name}" are of version ${version}, this code knows ${tables.length}. Update it.`,
    );
  }
  if (version === tables.length) return;
  for (const { sql, params } of tables.slice(version).flat()) {
    if (params.length > 0) await connection.query(sql, params);
    else await connection.execute(sql);
  }
  const write = `INSERT INTO ${meta} VALUES ($1::text, $2::text) ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
  await connection.run({ text: write }, [key, String(tables.length)]);
  await connection.commit();
}

function refuseOldServer(version: number): void {
  if (version >= oldestServer) return;
  throw new ShoalError("SERVICE_UNAVAILABLE", "Shoal needs Postgres 13 or newer. Upgrade the server.");
}

function ofOtherKind(schema: string, durable: boolean): ShoalError {
  const [found, wanted] = durable ? ["unlogged", "durable"] : ["durable", "unlogged"];
  return new ShoalError(
    "SERVICE_UNAVAILABLE",
    `The schema "${schema}" holds the ${found} tables of a Shoal, and is to hold ${wanted} ones. Give the store another \`schema\`.`,
  );
}

async function upgrade(connection: Connection, schema: string, durable: boolean): Promise<void> {
  const [meta] = await connection.execute("SELECT value FROM meta WHERE key = 'version'");
  const version = Number(meta?.value);
  if (version > steps.length) {
    throw new ShoalError(
      "SERVICE_UNAVAILABLE",
      `The schema "${schema}" is of version ${version}, this Shoal knows ${steps.length}. Update Shoal to open it.`,
    );
  }
  if (version === steps.length) return;
  for (const step of steps.slice(version)) await connection.execute(durable ? step : unlogged(step));
  await connection.execute(`UPDATE meta SET value = '${steps.length}' WHERE key = 'version'`);
}

function unlogged(step: string): string {
  return step.replaceAll("CREATE TABLE", "CREATE UNLOGGED TABLE");
}
