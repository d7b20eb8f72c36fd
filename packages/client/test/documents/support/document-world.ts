import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import * as Y from "yjs";
import { Random } from "../../../../server/test/durability/random.ts";
import { eventually, inTime } from "../../../../server/test/support/recorder.ts";
import { type Change, contentOf, edit } from "../../support/document-edits.ts";
import type { DocumentNode } from "./document-node.ts";
import type { Way } from "./shaky-link.ts";
import { Writer } from "./writer.ts";

/** Who is there from the beginning, and who comes when all is written. */
export const writers = ["ann", "ben", "cleo", "dan", "eve"] as const;
const latecomers = ["fay", "gus"];

export type Step = { readonly who: (typeof writers)[number] } & (
  | { readonly does: "write"; readonly changes: readonly Change[] }
  | { readonly does: "lose"; readonly way: Way }
  | { readonly does: "cut" }
  /** Comes back to another server. */
  | { readonly does: "move" }
  /** Closes the page as soon as all is shown as saved. Who is gone comes back with whatever they do next, and knows nothing. */
  | { readonly does: "leave" }
);

/** How long anything may take on a machine that is busy, in milliseconds. */
const patience = 60_000;

/** The longest time between two steps, in milliseconds. */
const longestPause = 30;

/** One document, those who write it, and the servers. The last one of these is killed. */
export class DocumentWorld implements AsyncDisposable {
  readonly #nodes: readonly DocumentNode[];
  readonly #random: Random;
  readonly #documentId: string;
  readonly #here = new Map<string, Writer>();
  readonly #gone: Writer[] = [];
  readonly #leaving = new Set<string>();

  private constructor(nodes: readonly DocumentNode[], random: Random, documentId: string) {
    this.#nodes = nodes;
    this.#random = random;
    this.#documentId = documentId;
  }

  static async create(nodes: readonly DocumentNode[], luck: number): Promise<DocumentWorld> {
    const documentId = await at(nodes, 0).ask("create", [...writers.slice(1), ...latecomers]);
    const world = new DocumentWorld(nodes, new Random(luck), documentId);
    for (const who of writers) await world.#join(who);
    return world;
  }

  async take(step: Step): Promise<void> {
    const writer = this.#here.get(step.who) ?? (await this.#join(step.who));
    const { link, document } = writer;
    writer.comeBack();
    if (step.does === "write") for (const change of step.changes) edit(document.doc, change);
    else if (step.does === "lose") link.lose(step.way);
    else if (step.does === "leave") this.#leaving.add(step.who);
    else {
      if (step.does === "move") this.#direct(writer);
      link.cut();
    }
    await delay(this.#random.between(0, longestPause));
    await this.#letLeave();
  }

  /** Kills a server at the very moment when somebody is shown that all they wrote is saved by it, and closes their page as well. */
  async kill(): Promise<void> {
    const [who] = writers;
    const victim = at(this.#nodes, -1);
    const writer = this.#here.get(who) ?? (await this.#join(who));
    const { link, document } = writer;
    link.target = () => victim.port;
    link.cut();
    await eventually(
      () => writer.comeBack() && link.reached === victim.port && document.synced,
      "they are connected to it",
      patience,
    );
    const saved = new Promise<void>((resolve, reject) => {
      document.on("status", ({ status }) => {
        if (status === "saved") victim.kill().then(resolve, reject);
      });
    });
    edit(document.doc, { type: "insert", at: 0.5, text: "the last words before it dies" });
    await inTime(saved, "the last words are saved", patience);
    await this.#leave(who);
  }

  /** Starts the one that was killed again. */
  async revive(): Promise<void> {
    await at(this.#nodes, -1).start();
  }

  /** Nothing is lost any more, those who come late are here, and everybody has everything. */
  async settle(): Promise<void> {
    this.#leaving.clear();
    for (const { link } of this.#here.values()) link.cut();
    for (const who of latecomers) await this.#join(who);
    await this.#everybody(({ document }) => document.status === "saved", "everything is saved");
    const last = (await this.#log()).length;
    await this.#everybody(({ document }) => document.topic.current.offset === last, "everybody has seen everything");
  }

  /** Everybody has what the log has, and the log has what anybody was shown as saved. @returns how many changes those were */
  async check(): Promise<number> {
    const log = await this.#log();
    expect(log.map(({ offset }) => offset)).toEqual(log.map((_, index) => index + 1));
    const folded = new Y.Doc();
    for (const { data } of log) {
      const { update } = data as { readonly update?: string };
      if (update !== undefined) Y.applyUpdate(folded, Buffer.from(update, "base64"));
    }
    expect([folded.store.pendingStructs, folded.store.pendingDs]).toEqual([null, null]);
    const bytes = rebuilt(folded);
    for (const { document } of this.#here.values()) {
      expect(contentOf(document.doc)).toEqual(contentOf(folded));
      expect(rebuilt(document.doc).equals(bytes), "the same bytes").toBe(true);
    }
    const saved = [...this.#gone, ...this.#here.values()].flatMap((writer) => writer.saved);
    for (const update of saved) Y.applyUpdate(folded, update);
    expect(rebuilt(folded).equals(bytes), "nothing that was saved is missing").toBe(true);
    return saved.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const who of [...this.#here.keys()]) await this.#leave(who);
  }

  async #join(who: string): Promise<Writer> {
    const writer = await Writer.open({ who, documentId: this.#documentId, random: this.#random, target: () => 0 });
    this.#direct(writer);
    this.#here.set(who, writer);
    return writer;
  }

  /** Its next connection is with any of the servers, be it dead or not. */
  #direct({ link }: Writer): void {
    const node = at(this.#nodes, this.#random.between(0, this.#nodes.length - 1));
    link.target = () => node.port;
  }

  async #letLeave(): Promise<void> {
    for (const who of this.#leaving) if (this.#here.get(who)?.document.status === "saved") await this.#leave(who);
  }

  async #leave(who: string): Promise<void> {
    const writer = this.#here.get(who) ?? assert.fail(`${who} is not here`);
    this.#leaving.delete(who);
    this.#here.delete(who);
    this.#gone.push(writer);
    await writer[Symbol.asyncDispose]();
  }

  async #everybody(is: (writer: Writer) => boolean, what: string): Promise<void> {
    await eventually(() => [...this.#here.values()].every((writer) => writer.comeBack() && is(writer)), what, patience);
  }

  #log() {
    return at(this.#nodes, 0).ask("log", this.#documentId);
  }
}

/** The bytes of a document that is built from what there is of this one: what it was made of in which steps does not show. */
function rebuilt(doc: Y.Doc): Buffer {
  const built = new Y.Doc();
  Y.applyUpdate(built, Y.encodeStateAsUpdate(doc));
  return Buffer.from(Y.encodeStateAsUpdate(built));
}

function at<T>(list: readonly T[], index: number): T {
  return list.at(index) ?? assert.fail(`nothing at ${index}`);
}
