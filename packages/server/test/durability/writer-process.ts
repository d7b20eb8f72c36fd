import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AnyOutcome } from "@shoal/contract";
import { eventually } from "../support/recorder.ts";
import type { FromWriter, ToWriter } from "./messages.ts";
import type { StoreAt } from "./store-at.ts";

const file = fileURLToPath(new URL("./writer.ts", import.meta.url));

/** How long a process may take for anything, in milliseconds: it has to be loaded, on a machine that may be busy. */
const patience = 20_000;

export interface WriterOptions {
  /** Where the process kills itself, as `kill -9` would. */
  readonly failpoint?: "before-commit" | "after-commit" | "before-publish";
  /** A folder in which the processes of a test keep their compiled code. */
  readonly cache?: string;
}

type Answered = Extract<FromWriter, { kind: "answered" }>;

/** A writer in a process of its own. Disposing of it kills it. */
export class WriterProcess {
  readonly #child: ChildProcess;
  readonly #heard: FromWriter[] = [];
  readonly #exited: Promise<unknown>;
  #complaints = "";

  constructor({ failpoint, cache }: WriterOptions = {}) {
    this.#child = spawn(process.execPath, ["--conditions=@shoal/source", file], {
      stdio: ["ignore", "inherit", "pipe", "ipc"],
      env: {
        ...process.env,
        ...(failpoint && { SHOAL_FAILPOINT: failpoint }),
        ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }),
      },
    });
    this.#child.on("message", (message: FromWriter) => this.#heard.push(message));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints += text;
    });
    this.#exited = once(this.#child, "close");
  }

  /** What it wrote to standard error. */
  get complaints(): string {
    return this.#complaints;
  }

  /** Everything it tells from now on. */
  hear(listener: (message: FromWriter) => void): void {
    this.#child.on("message", listener);
  }

  tell(message: ToWriter): void {
    // Who is dead hears nothing; it is told again in its next life.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Waits until the process stands, with its code loaded and nothing opened. */
  async ready(): Promise<void> {
    await this.#first((message) => message.kind === "ready", "the process is ready");
  }

  /** Opens a store. @returns what came of it */
  async open(store: StoreAt): Promise<Extract<FromWriter, { kind: "opened" | "refused" }>> {
    this.tell({ kind: "open", store });
    return await this.#first(
      (message) => message.kind === "opened" || message.kind === "refused",
      "the store is open, or is refused",
    );
  }

  /** Waits for the answer to a command. */
  async answer(commandId: string): Promise<AnyOutcome> {
    const { outcome } = await this.#first(
      (message): message is Answered => message.kind === "answered" && message.commandId === commandId,
      `${commandId} is answered`,
    );
    return outcome;
  }

  /** Ends the process without a word, and waits until it has gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Waits until the process has gone by itself. @returns the signal that ended it */
  async gone(): Promise<NodeJS.Signals | null> {
    await this.#exited;
    return this.#child.signalCode;
  }

  async #first<S extends FromWriter>(wanted: (message: FromWriter) => message is S, what: string): Promise<S> {
    await eventually(() => this.#heard.some(wanted), what, patience);
    return this.#heard.find(wanted) as S;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
