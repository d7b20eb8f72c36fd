import { prepared, type Statement } from "./session.ts";
import { quoteName, splitTexts } from "./text.ts";

/** The tables of a schema by their names in SQL. */
interface Tables {
  /** Where the identity is: with what is emptied by a crash, where the tables are unlogged. */
  readonly identity: string;
  readonly topics: string;
  readonly heads: string;
  readonly changes: string;
  readonly events: string;
  readonly snapshots: string;
  readonly records: string;
  readonly effects: string;
  readonly revocations: string;
}

/** Everything that is said to Postgres about the tables of one schema. */
export type Statements = Readonly<Record<keyof typeof texts, Statement>>;

export function statementsFor(schema: string, durable = true): Statements {
  const tables = tablesOf(schema, durable);
  const statements = Object.entries(texts).map(([name, text]) => [name, prepared(text(tables))]);
  return Object.fromEntries(statements);
}

/** Locks heads in the order of their ids. It goes out together with `BEGIN`, so it cannot be prepared. */
export function lockingText(schema: string, ids: readonly number[], wait: boolean): string {
  return lock(tablesOf(schema), `'{${ids.join(",")}}'::bigint[]`) + (wait ? "" : " SKIP LOCKED");
}

function tablesOf(schema: string, durable = true): Tables {
  const table = (name: string): string => `${quoteName(schema)}.${name}`;
  return {
    identity: table(durable ? "meta" : "identity"),
    topics: table("topics"),
    heads: table("heads"),
    changes: table("changes"),
    events: table("events"),
    snapshots: table("snapshots"),
    records: table("records"),
    effects: table("effects"),
    revocations: table("revocations"),
  };
}

const lock = ({ heads }: Tables, ids: string): string =>
  `SELECT topic, "offset", first, timers, generation, derived FROM ${heads} WHERE topic = ANY(${ids}) ORDER BY topic FOR UPDATE`;

/** Another store, another server, and this one after it was promoted: each has another identity. */
const identity = ({ identity }: Tables): string => `(SELECT value FROM ${identity} WHERE key = 'identity')
  || ' ' || (SELECT system_identifier FROM pg_control_system())
  || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8)`;

const inMilliseconds = (clock: string): string => `floor(extract(epoch FROM ${clock}) * 1000)::bigint`;

/** Whether a column is among the texts of a parameter; `null` stands for all. */
const among = (column: string, parameter: string): string =>
  `(${parameter}::text IS NULL OR ${column} = ANY(${splitTexts(parameter)}))`;

/** Revocations as JSON, in the order in which they were written, or were to be. */
const revocationsWhere = ({ revocations }: Tables, condition: string): string => `
  (SELECT json_agg(revocation ORDER BY at, xid)::text
   FROM ${revocations} WHERE ${condition}) AS revocations`;

const eventColumns = `e."offset", e.at, e.type, e.data, e.secret, e.command_id, e.user_id, e.version, e.redacts, e.redacted`;

const texts = {
  /** The ids of topics by their keys, and in every row, or in one alone, the identity. */
  findTopics: (t: Tables) => `
    SELECT i.identity, t.id, t.key FROM (SELECT ${identity(t)} AS identity) i
    LEFT JOIN ${t.topics} t ON t.key = ANY(${splitTexts("$1")})`,

  /** In the order of their keys, so that two that add the same topics never wait for each other in a circle. */
  addTopics: ({ topics, heads }: Tables) => `
    WITH added AS (
      INSERT INTO ${topics} (key, channel, tenant, params)
      SELECT * FROM unnest(${splitTexts("$1")}, ${splitTexts("$2")}, ${splitTexts("$3")}, ${splitTexts("$4")}) n(key) ORDER BY n.key
      ON CONFLICT DO NOTHING RETURNING id)
    INSERT INTO ${heads} (topic) SELECT id FROM added`,

  lock: (t: Tables) => lock(t, "$1::text::bigint[]"),

  /** What must be read after the locks were taken, in a statement of its own: the clock, the identity, recorded answers. */
  facts: (t: Tables) => `
    SELECT ${inMilliseconds("clock_timestamp()")} AS now, ${identity(t)} AS identity,
      current_setting('synchronous_commit') AS synchronous_commit,
      pg_current_xact_id_if_assigned() IS NOT NULL AS writing,
      (SELECT json_agg(json_build_array(k.place, r.digest, r.outcome, r.version))::text
       FROM unnest($1::text::bigint[], ${splitTexts("$2")}, ${splitTexts("$3")}) WITH ORDINALITY k(topic, sender, command_id, place)
       CROSS JOIN LATERAL (
         SELECT digest, outcome, version FROM ${t.records}
         WHERE command_id = k.command_id AND topic = k.topic AND sender = k.sender LIMIT 1) r) AS records`,

  tails: ({ events }: Tables) => `
    SELECT e.topic, ${eventColumns} FROM unnest($1::text::bigint[], $2::text::bigint[]) k(topic, after)
    CROSS JOIN LATERAL (
      SELECT * FROM ${events} WHERE topic = k.topic AND "offset" > k.after ORDER BY "offset") e`,

  /**
   * One statement sees one state: no trim that comes between the snapshot and the events after it tears a hole. The first row tells the
   * identity, and the generation as its `offset`.
   */
  load: (t: Tables) => `
    WITH topic AS (SELECT id FROM ${t.topics} WHERE key = $1::text),
      snapshot AS (SELECT "offset", at, state, version FROM ${t.snapshots} WHERE topic = (SELECT id FROM topic))
    SELECT 0 AS part, ${identity(t)} AS identity,
      coalesce((SELECT generation FROM ${t.heads} WHERE topic = (SELECT id FROM topic)), 0) AS "offset", 0 AS at, NULL AS type,
      NULL AS data, NULL AS secret, NULL AS command_id, NULL AS user_id, NULL AS version, NULL AS redacts, false AS redacted
    UNION ALL SELECT 1, NULL, "offset", at, NULL, state, NULL, NULL, NULL, version, NULL, false FROM snapshot
    UNION ALL SELECT 2, NULL, ${eventColumns} FROM ${t.events} e
      WHERE e.topic = (SELECT id FROM topic) AND e."offset" > coalesce((SELECT "offset" FROM snapshot), 0)
    ORDER BY part, "offset"`,

  /** Every row tells the epoch too: the identity and the generation. */
  read: (t: Tables) => `
    SELECT ${eventColumns}, ${identity(t)} AS identity, h.generation
    FROM ${t.events} e JOIN ${t.heads} h ON h.topic = e.topic
    WHERE e.topic = (SELECT id FROM ${t.topics} WHERE key = $1::text)
      AND e."offset" BETWEEN $2::text::bigint AND $3::text::bigint
    ORDER BY e."offset"`,

  head: (t: Tables) => `
    SELECT i.identity, h."offset", h.generation FROM (SELECT ${identity(t)} AS identity) i
    LEFT JOIN ${t.heads} h ON h.topic = (SELECT id FROM ${t.topics} WHERE key = $1::text)`,

  record: ({ topics, records }: Tables) => `
    SELECT digest, outcome, version FROM ${records}
    WHERE command_id = $3::text AND topic = (SELECT id FROM ${topics} WHERE key = $1::text) AND sender = $2::text`,

  derived: ({ topics, heads }: Tables) => `
    SELECT derived FROM ${heads} WHERE topic = (SELECT id FROM ${topics} WHERE key = $1::text)`,

  underived: ({ topics, heads }: Tables) => `
    SELECT t.id, t.channel, t.tenant, t.params FROM ${topics} t JOIN ${heads} h ON h.topic = t.id
    WHERE t.channel = $1::text AND h.derived < h."offset" AND t.id > $2::text::bigint ORDER BY t.id LIMIT $3::text::bigint`,

  write: ({ heads, changes, events, snapshots, records, effects }: Tables) => `
    WITH new_events AS (
      INSERT INTO ${events} (topic, "offset", at, type, data, secret, command_id, user_id, version, redacts)
      SELECT * FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[], ${splitTexts("$4")}, ${splitTexts("$5")},
        ${splitTexts("$24")}, ${splitTexts("$6")}, ${splitTexts("$7")}, $36::text::int[], ${splitTexts("$40")})),
    new_records AS (
      INSERT INTO ${records} (topic, sender, command_id, digest, outcome, version, at)
      SELECT *, $13::text::bigint FROM unnest($8::text::bigint[], ${splitTexts("$9")}, ${splitTexts("$10")}, ${splitTexts("$11")},
        ${splitTexts("$12")}, $37::text::int[])),
    new_snapshots AS (
      INSERT INTO ${snapshots} AS kept (topic, "offset", at, state, version)
      SELECT * FROM unnest($14::text::bigint[], $15::text::bigint[], $16::text::bigint[], ${splitTexts("$17")}, $38::text::int[])
      ON CONFLICT (topic) DO UPDATE SET "offset" = excluded."offset", at = excluded.at, state = excluded.state,
        version = excluded.version
      WHERE kept."offset" <= excluded."offset"),
    new_change AS (
      INSERT INTO ${changes} (xid, topics)
      SELECT pg_current_xact_id(), $18::text::bigint[] WHERE $18::text <> '{}'),
    new_effects AS (
      INSERT INTO ${effects} (id, source, channel, tenant, params, command, input, due, attempts, status, version)
      SELECT id, source, channel, tenant, params, command, input, due, attempts, status, version
      FROM unnest(${splitTexts("$25")}, ${splitTexts("$26")}, ${splitTexts("$27")}, ${splitTexts("$28")}, ${splitTexts("$29")},
        ${splitTexts("$30")}, ${splitTexts("$31")}, $32::text::bigint[], $33::text::int[], ${splitTexts("$34")},
        $39::text::int[]) WITH ORDINALITY
        n(id, source, channel, tenant, params, command, input, due, attempts, status, version, place) ORDER BY n.place),
    settled AS (
      DELETE FROM ${effects} WHERE id = ANY(${splitTexts("$35")}))
    UPDATE ${heads} h SET "offset" = w."offset", at = w.at, covered = greatest(w.covered, h.covered),
      timers = coalesce(w.timers, h.timers), generation = h.generation + w.renewed,
      derived = CASE w.renewed WHEN 0 THEN coalesce(w.derived, h.derived) ELSE 0 END,
      next_due = CASE WHEN w.timers IS NULL THEN h.next_due ELSE w.next_due END
    FROM unnest($18::text::bigint[], $19::text::bigint[], $20::text::bigint[], $21::text::bigint[], ${splitTexts("$22")},
      $23::text::bigint[], $41::text::bigint[], $42::text::bigint[])
      w(topic, "offset", at, covered, timers, next_due, renewed, derived)
    WHERE h.topic = w.topic`,

  /** The recorded answers of the commands that made events, and for an event that is kept no more, its offset and all of the topic. */
  answers: ({ heads, events, records }: Tables) => `
    WITH k AS (SELECT * FROM unnest($1::text::bigint[], $2::text::bigint[]) k(topic, "offset"))
    SELECT r.topic, r.sender, r.command_id, r.outcome, NULL AS trimmed
    FROM k JOIN ${events} e ON e.topic = k.topic AND e."offset" = k."offset"
    JOIN ${records} r ON r.command_id = e.command_id AND r.topic = e.topic
    UNION ALL SELECT r.topic, r.sender, r.command_id, r.outcome, k."offset"
    FROM k JOIN ${heads} h ON h.topic = k.topic AND k."offset" < h.first JOIN ${records} r ON r.topic = k.topic`,

  /**
   * Events lose what they say, the answers are changed, and the effects whose ids begin with something are redacted, whatever becomes of
   * them meanwhile. Those that are parked by then are deleted by the statement after it.
   */
  redact: ({ events, records, effects }: Tables) => `
    WITH emptied AS (
      UPDATE ${events} e SET data = 'null', secret = NULL, command_id = NULL, user_id = NULL, redacted = true
      FROM unnest($1::text::bigint[], $2::text::bigint[]) k(topic, "offset")
      WHERE e.topic = k.topic AND e."offset" = k."offset"),
    answers AS (
      UPDATE ${records} r SET outcome = k.outcome
      FROM unnest($3::text::bigint[], ${splitTexts("$4")}, ${splitTexts("$5")}, ${splitTexts("$6")}) k(topic, sender, command_id, outcome)
      WHERE r.command_id = k.command_id AND r.topic = k.topic AND r.sender = k.sender)
    UPDATE ${effects} f SET redacted = true FROM unnest(${splitTexts("$7")}) b(beginning)
    WHERE f.id >= b.beginning AND f.id < b.beginning || chr(127)`,

  /** Of the effects whose ids begin with something. They are held already, so that this one sees what they are. */
  dropParked: ({ effects }: Tables) => `
    DELETE FROM ${effects} f USING unnest(${splitTexts("$1")}) b(beginning)
    WHERE f.id >= b.beginning AND f.id < b.beginning || chr(127) AND f.status = 'parked'`,

  /**
   * What committed since the look before is what that look's snapshot does not show, however early it began. `late` says that some of
   * it may be kept no more. An index serves what is not before the snapshot's oldest open transaction, and `now()`; it would not
   * serve `clock_timestamp()`.
   */
  look: (t: Tables) => `
    SELECT ${inMilliseconds("clock_timestamp()")} AS now, ${identity(t)} AS identity, pg_current_snapshot()::text AS snapshot,
      (SELECT min(xid) FROM ${t.changes}) > pg_snapshot_xmin($1::text::pg_snapshot) AS late,
      (SELECT json_agg(json_build_array(h.key, h."offset", h.generation))::text
       FROM (SELECT DISTINCT unnest(topics) AS topic FROM ${t.changes}
         WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot)
           AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)) c
       CROSS JOIN LATERAL (SELECT t.key, h."offset", h.generation FROM ${t.heads} h JOIN ${t.topics} t ON t.id = h.topic
         WHERE h.topic = c.topic LIMIT 1) h) AS changed,
      (SELECT json_agg(json_build_array(t.channel, t.tenant, t.params) ORDER BY h.next_due)::text
       FROM (SELECT d.topic, d.next_due FROM ${t.heads} d
         CROSS JOIN LATERAL (SELECT channel FROM ${t.topics} WHERE id = d.topic LIMIT 1) o
         WHERE d.next_due <= ${inMilliseconds("now()")} AND ${among("o.channel", "$3")}
         ORDER BY d.next_due LIMIT $2::text::bigint) h JOIN ${t.topics} t ON t.id = h.topic) AS due,
      (SELECT json_agg(json_build_array(id, source, channel, tenant, params, command, input, due, attempts, status, version)
         ORDER BY place)::text
       FROM (SELECT * FROM ${t.effects} WHERE status = 'armed' AND ${among("channel", "$3")}
         ORDER BY source IN (SELECT source FROM ${t.effects} WHERE status = 'armed' AND due > ${inMilliseconds("now()")}), place
         LIMIT $2::text::bigint) e) AS effects,
      ${revocationsWhere(t, `xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)`)}`,

  /** Every topic as if it had changed. */
  lookAtAll: ({ topics, heads }: Tables) => `
    SELECT json_agg(json_build_array(t.key, h."offset", h.generation))::text AS changed FROM ${heads} h JOIN ${topics} t ON t.id = h.topic`,

  /** For who cannot tell by a snapshot what is new: what was revoked since an instant. */
  lookAtRevocations: (t: Tables) => `SELECT ${revocationsWhere(t, "at >= $1::text::bigint")}`,

  revoke: ({ revocations }: Tables) => `
    INSERT INTO ${revocations} (xid, revocation, at)
    SELECT pg_current_xact_id(), $1::text, ${inMilliseconds("clock_timestamp()")}`,

  forgetRevocations: ({ revocations }: Tables) => `
    WITH deleted AS (
      DELETE FROM ${revocations} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${revocations} WHERE at < $1::text::bigint ORDER BY at LIMIT $2::text::bigint)) RETURNING 1)
    SELECT count(*) AS count FROM deleted`,

  /** What is older than an instant of transactions, but for the newest of it, which tells how far back there is something. */
  forgetChanges: ({ changes }: Tables) => `
    DELETE FROM ${changes} WHERE xid < (SELECT max(xid) FROM ${changes} WHERE xid < pg_snapshot_xmin($1::text::pg_snapshot))`,

  /** A topic that is held now is left for the next time, so that nobody waits for anybody. */
  trim: ({ topics, heads, events }: Tables) => `
    WITH ripe AS (
      SELECT h.topic, h.first, h.covered, h."offset" - $2::text::bigint AS beyond
      FROM ${topics} t JOIN ${heads} h ON h.topic = t.id
      WHERE t.channel = $1::text AND h.first <= h.covered AND (h.first <= h."offset" - $2::text::bigint OR EXISTS (
        SELECT 1 FROM ${events} e WHERE e.topic = h.topic AND e."offset" = h.first AND e.at < $3::text::bigint))
      LIMIT 100 FOR UPDATE OF h SKIP LOCKED),
    old AS (
      SELECT e.topic, e."offset" FROM ripe r CROSS JOIN LATERAL (
        SELECT topic, "offset" FROM ${events} WHERE topic = r.topic AND "offset" BETWEEN r.first AND r.covered
          AND ("offset" <= r.beyond OR at < $3::text::bigint)
        ORDER BY "offset" LIMIT $4::text::bigint) e LIMIT $4::text::bigint),
    deleted AS (
      DELETE FROM ${events} e USING old o WHERE e.topic = o.topic AND e."offset" = o."offset" RETURNING e.topic, e."offset"),
    moved AS (
      UPDATE ${heads} h SET first = d.last + 1
      FROM (SELECT topic, max("offset") AS last FROM deleted GROUP BY topic) d WHERE h.topic = d.topic)
    SELECT count(*) AS count FROM deleted`,

  forget: ({ records }: Tables) => `
    WITH deleted AS (
      DELETE FROM ${records} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${records} WHERE at < $1::text::bigint ORDER BY at LIMIT $2::text::bigint)) RETURNING 1)
    SELECT count(*) AS count FROM deleted`,

  postpone: ({ effects }: Tables) => `
    WITH dropped AS (DELETE FROM ${effects} WHERE id = $1::text AND redacted AND $4::text = 'parked')
    UPDATE ${effects} SET due = $2::text::bigint, attempts = $3::text::int, status = $4::text
    WHERE id = $1::text AND NOT (redacted AND $4::text = 'parked')`,

  lockOne: ({ topics, heads }: Tables) => `
    SELECT topic FROM ${heads} WHERE topic = (SELECT id FROM ${topics} WHERE key = $1::text) FOR UPDATE`,

  /** All of a topic but its name. */
  erase: ({ heads, changes, events, snapshots, records, effects }: Tables) => `
    WITH old_events AS (DELETE FROM ${events} WHERE topic = $1::text::bigint),
    old_snapshot AS (DELETE FROM ${snapshots} WHERE topic = $1::text::bigint),
    old_records AS (DELETE FROM ${records} WHERE topic = $1::text::bigint),
    old_effects AS (DELETE FROM ${effects} WHERE source = $2::text),
    new_change AS (INSERT INTO ${changes} (xid, topics) VALUES (pg_current_xact_id(), ARRAY[$1::text::bigint]))
    UPDATE ${heads} SET "offset" = 0, at = 0, first = 1, covered = 0, next_due = NULL, timers = '[]', derived = 0,
      generation = generation + 1
    WHERE topic = $1::text::bigint`,

  /** A page of topics, in each row with its end, and those of them in which a user is found. */
  findUser: (t: Tables) => `
    WITH page AS (
      SELECT * FROM ${t.topics} WHERE id > $1::text::bigint AND tenant IS NOT DISTINCT FROM $2::text ORDER BY id LIMIT $6::text::bigint)
    SELECT p.last, ${identity(t)} AS identity, f.generation, f.channel, f.tenant, f.params, f.offsets
    FROM (SELECT max(id) AS last FROM page) p LEFT JOIN (
      SELECT t.id, h.generation, t.channel, t.tenant, t.params, (
        SELECT json_agg("offset" ORDER BY "offset")::text FROM ${t.events} WHERE topic = t.id AND user_id = $3::text) AS offsets
      FROM page t JOIN ${t.heads} h ON h.topic = t.id
      WHERE position($5::text IN t.params) > 0 OR position($5::text IN h.timers) > 0
        OR t.id IN (SELECT topic FROM ${t.records} WHERE sender = $4::text)
        OR EXISTS (SELECT 1 FROM ${t.snapshots} WHERE topic = t.id AND position($5::text IN state) > 0)
        OR EXISTS (SELECT 1 FROM ${t.events} WHERE topic = t.id AND (
          user_id = $3::text OR position($5::text IN data) > 0 OR position($5::text IN secret) > 0))) f ON true
    ORDER BY f.id`,

  forgetUser: ({ topics, records }: Tables) => `
    WITH deleted AS (
      DELETE FROM ${records} WHERE ctid = ANY(ARRAY(
        SELECT r.ctid FROM ${records} r JOIN ${topics} t ON t.id = r.topic
        WHERE r.sender = $1::text AND t.tenant IS NOT DISTINCT FROM $2::text LIMIT $3::text::bigint)) RETURNING 1)
    SELECT count(*) AS count FROM deleted`,

  settle: ({ effects }: Tables) => `DELETE FROM ${effects} WHERE id = $1::text`,

  renewIdentity: (t: Tables) => `
    INSERT INTO ${t.identity} VALUES ('identity', gen_random_uuid()::text)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`,

  /** Whoever comes first names the store, and with it begins what can be known of its changes. */
  makeIdentity: ({ identity, changes }: Tables) => `
    WITH made AS (
      INSERT INTO ${identity} VALUES ('identity', gen_random_uuid()::text) ON CONFLICT DO NOTHING RETURNING 1)
    INSERT INTO ${changes} SELECT '0', '{}' FROM made`,
};
