import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BrokerMessage, StoredEvent } from "@shoal/server";
import type { StoreAt } from "../../../../server/test/durability/store-at.ts";
import { inTime } from "../../../../server/test/support/recorder.ts";

/** What one node tells the others. */
export interface Hint {
  readonly topicId: string;
  readonly message: BrokerMessage;
}

/** What a node can be asked. */
export interface Answers {
  /** Creates a document of Ann's that these people may write, too. @returns its id */
  create(writers: readonly string[]): Promise<string>;
  /** All events of a document, as they are stored. */
  log(documentId: string): Promise<readonly StoredEvent[]>;
}

export type FromNode =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "hint"; readonly hint: Hint }
  | { readonly kind: "answer"; readonly id: number; readonly value?: unknown; readonly error?: string };

export type ToNode =
  | { readonly kind: "hint"; readonly hint: Hint }
  | { readonly kind: "ask"; readonly id: number; readonly name: keyof Answers; readonly input: unknown };

interface Asked {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

type Answered<Name extends keyof Answers> = Awaited<ReturnType<Answers[Name]>>;

/** How long a process may take to begin, or to answer, in milliseconds. */
const patience = 60_000;

const program = fileURLToPath(new URL("./document-process.ts", import.meta.url));

/** A server of documents in a process of its own, which is killed and started again; each time it listens somewhere else. */
export class DocumentNode implements AsyncDisposable {
  port = 0;
  readonly #at: StoreAt;
  readonly #hinted: (hint: Hint) => void;
  readonly #asked = new Map<number, Asked>();
  #child: ChildProcess | undefined;
  #questions = 0;

  /** @param hinted called with what it tells the other nodes */
  constructor(at: StoreAt, hinted: (hint: Hint) => void) {
    this.#at = at;
    this.#hinted = hinted;
  }

  async start(): Promise<void> {
    const args = ["--conditions=@shoal/source", "--disable-warning=ExperimentalWarning", program];
    const child = spawn(process.execPath, [...args, JSON.stringify(this.#at)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#child = child;
    const listening = new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`The server ended with ${code} before it listened.`)));
      child.on("message", (message: FromNode) => {
        if (message.kind === "listening") {
          this.port = message.port;
          resolve();
        } else if (message.kind === "hint") this.#hinted(message.hint);
        else this.#settle(message);
      });
    });
    await inTime(listening, "a server that listens", patience);
  }

  /** As `kill -9` does it. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Tells it what another node said. One that is dead does not hear it. */
  hint(hint: Hint): void {
    this.#tell({ kind: "hint", hint });
  }

  async ask<Name extends keyof Answers>(name: Name, input: Parameters<Answers[Name]>[0]): Promise<Answered<Name>> {
    this.#questions += 1;
    const id = this.#questions;
    const answered = new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    this.#tell({ kind: "ask", id, name, input });
    return (await inTime(answered, `the answer to ${name}`, patience)) as Answered<Name>;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #settle({ id, value, error }: Extract<FromNode, { kind: "answer" }>): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  }

  #tell(message: ToNode): void {
    // It may be dying: what it is told then is lost.
    this.#child?.send(message, () => {});
  }
}
