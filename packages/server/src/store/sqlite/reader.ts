import { DatabaseSync } from "node:sqlite";
import type { ReaderCalls, TopicColumns } from "./messages.ts";
import { query } from "./query.ts";
import { Rows } from "./rows.ts";

const mostDue = 1_000;
/** How many topics are looked through at once. */
const pageSize = 500;

/** Answers reads of a file on a connection of its own, so that they wait for no write. */
export function openReader(path: string): ReaderCalls {
  return createReader(new DatabaseSync(path, { readOnly: true, timeout: 5_000 }), Date.now);
}

/** What is asked of the connection that reads, whichever it is. */
export function createReader(database: DatabaseSync, clock: () => number): ReaderCalls {
  const rows = new Rows(database);
  const due = database.prepare(
    `SELECT channel, tenant, params FROM topics
     WHERE next_due <= ?1 AND (?2 IS NULL OR channel IN (SELECT value FROM json_each(?2))) ORDER BY next_due LIMIT ?3`,
  );
  const effects = database.prepare(
    `SELECT id, source, channel, tenant, params, command, input, due, attempts, status, version
     FROM (SELECT * FROM effects
       WHERE status = 'armed' AND (?1 IS NULL OR channel IN (SELECT value FROM json_each(?1)))
       ORDER BY source IN (SELECT source FROM effects WHERE status = 'armed' AND due > ?3), place LIMIT ?2)
     ORDER BY place`,
  );
  const revoked = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'revocations'");
  const revocations = database.prepare(
    "SELECT revocation FROM revocations WHERE place > ? AND place <= ? ORDER BY place",
  );
  const underived = database.prepare(
    `SELECT id, channel, tenant, params FROM topics
     WHERE channel = ? AND derived < "offset" AND id > ? ORDER BY id LIMIT ?`,
  );
  const pageEnd = database.prepare(
    "SELECT max(id) AS last FROM (SELECT id FROM topics WHERE id > ? AND tenant IS ? ORDER BY id LIMIT ?)",
  );
  const users = database.prepare(
    `SELECT key, channel, tenant, params, (SELECT json_group_array("offset") FROM events WHERE topic = t.id AND user_id = $id) AS offsets
     FROM topics t WHERE id > $after AND id <= $last AND tenant IS $tenant AND (
       instr(params, $quoted) OR instr(timers, $quoted) OR id IN (SELECT topic FROM records WHERE sender = $sender)
       OR EXISTS (SELECT 1 FROM snapshots WHERE topic = t.id AND instr(state, $quoted))
       OR EXISTS (SELECT 1 FROM events WHERE topic = t.id
         AND (user_id = $id OR instr(data, $quoted) OR instr(coalesce(secret, ''), $quoted))))
     ORDER BY id`,
  );
  /** Several statements on one state of the file. */
  const together = <R>(run: () => R): R => {
    database.exec("BEGIN");
    try {
      return run();
    } finally {
      database.exec("COMMIT");
    }
  };
  return {
    query: (sql, params) => query(database, sql, params),
    load: (key) => together(() => rows.whole(key)),
    read: (key, from, to, epoch) =>
      together(() => {
        const topic = rows.topic(key);
        if (!topic || (epoch !== undefined && epoch !== rows.epoch(key))) return [];
        return rows.events(topic.id, from, to);
      }),
    findUser: ({ id, sender, tenant }, after) =>
      together(() => {
        const last = pageEnd.get(after, tenant, pageSize)?.last as number | null;
        if (last === null) return { found: [], next: null };
        const found = users.all({ after, last, tenant, id, sender, quoted: JSON.stringify(id) });
        return { found: found.map((row) => ({ ...row, epoch: rows.epoch(String(row.key)) })) as never, next: last };
      }),
    head: (key) => together(() => ({ epoch: rows.epoch(key), offset: rows.topic(key)?.offset ?? 0 })),
    record: (key, command) => rows.record(rows.topic(key)?.id ?? 0, command),
    derived: (key) => rows.topic(key)?.derived ?? 0,
    underived: (channel, after) => {
      const found = underived.all(channel, after, pageSize) as unknown as (TopicColumns & { readonly id: number })[];
      return { topics: found, next: found.at(-1)?.id ?? null };
    },
    look: (channels, after) => {
      const now = clock();
      const last = Number(revoked.get()?.seq ?? 0);
      return {
        revoked: last,
        revocations: after === null ? [] : (revocations.all(after, last) as never),
        now,
        identity: rows.identity(),
        topics: due.all(now, channels, mostDue) as never,
        effects: effects.all(channels, mostDue, now) as never,
      };
    },
    close: () => database.close(),
  };
}
