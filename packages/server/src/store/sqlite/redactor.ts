import type { DatabaseSync, StatementSync } from "node:sqlite";
import { answersBehind, withoutResult } from "../../redaction.ts";
import type { Redaction } from "../../store.ts";

/** Behind every id that begins with what stands before it. */
const last = "\u{10ffff}";

interface Answer {
  readonly place: number;
  readonly outcome: string;
}

/** Takes events out of the log, in the transaction that is under way. */
export class Redactor {
  readonly #records: StatementSync;
  readonly #allRecords: StatementSync;
  readonly #isKept: StatementSync;
  readonly #setOutcome: StatementSync;
  readonly #empty: StatementSync;
  readonly #dropParked: StatementSync;
  readonly #markArmed: StatementSync;

  constructor(database: DatabaseSync) {
    this.#records = database.prepare(
      `SELECT r.place, r.outcome FROM events e JOIN records r ON r.command_id = e.command_id AND r.topic = e.topic
       WHERE e.topic = ? AND e."offset" = ?`,
    );
    this.#allRecords = database.prepare("SELECT place, outcome FROM records WHERE topic = ?");
    this.#isKept = database.prepare(`SELECT 1 FROM events WHERE topic = ? AND "offset" = ?`);
    this.#setOutcome = database.prepare("UPDATE records SET outcome = ? WHERE place = ?");
    this.#empty = database.prepare(
      `UPDATE events SET data = 'null', secret = NULL, command_id = NULL, user_id = NULL, redacted = 1
       WHERE topic = ? AND "offset" = ?`,
    );
    this.#dropParked = database.prepare("DELETE FROM effects WHERE id >= ? AND id < ? AND status = 'parked'");
    this.#markArmed = database.prepare("UPDATE effects SET redacted = 1 WHERE id >= ? AND id < ?");
  }

  /** @param topic - its row */
  redact(topic: number, { offset, effects }: Redaction): void {
    for (const { place, outcome } of this.#answersOf(topic, offset)) {
      this.#setOutcome.run(JSON.stringify(withoutResult(JSON.parse(outcome))), place);
    }
    this.#empty.run(topic, offset);
    this.#dropParked.run(effects, effects + last);
    this.#markArmed.run(effects, effects + last);
  }

  /** Without the event, which retention may have deleted, they are looked for among all of the topic. */
  #answersOf(topic: number, offset: number): readonly Answer[] {
    if (this.#isKept.get(topic, offset)) return this.#records.all(topic, offset) as unknown as Answer[];
    return answersBehind(this.#allRecords.iterate(topic) as unknown as Iterable<Answer>, offset);
  }
}
