import { type ChildProcess, fork } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";

interface Question {
  readonly id: number;
  readonly name: string;
  readonly value: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface Asked {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Processes are pinned to a core each where the machine allows it. */
const canPin = availableParallelism() > 1 && hasProgram("taskset");

/** How processes run, in words for a table. */
export const pinning = canPin ? "server and clients on a core each" : "processes not pinned to cores";

/** A process of its own, which answers what {@link answer} names there. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, Asked>();
  #questions = 0;

  /**
   * @param core the number of the core that the process is pinned to, where that is possible
   * @param flags more flags of Node.js
   */
  constructor(file: URL, args: readonly string[], core: number, flags: readonly string[] = []) {
    const node = ["--expose-gc", "--disable-warning=ExperimentalWarning", ...flags];
    this.#child = fork(file.pathname, args, {
      serialization: "advanced",
      ...(canPin
        ? { execPath: "taskset", execArgv: ["-c", String(core), process.execPath, ...node] }
        : { execArgv: node }),
    });
    this.#child.on("message", (answer: Answer) => this.#settle(answer));
    this.#child.on("exit", (code) => this.#fail(new Error(`the process ${args.join(" ")} ended with ${code}`)));
    this.#child.on("error", (error) => this.#fail(error));
  }

  /** @throws what the answer throws there */
  async ask<Value>(name: string, value?: unknown): Promise<Value> {
    this.#questions += 1;
    const question: Question = { id: this.#questions, name, value };
    const answered = new Promise((resolve, reject) => this.#asked.set(question.id, { resolve, reject }));
    this.#child.send(question);
    return (await answered) as Value;
  }

  /** Ends the process, and resolves when it has gone. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await gone;
  }

  #settle({ id, value, error }: Answer): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

/** Answers, in a worker's process, the process that started it; ends with it. */
export function answer(answers: Readonly<Record<string, (value: never) => unknown>>): void {
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ id, name, value }: Question) => {
    const reply = (result: Answer) => process.send?.(result);
    try {
      const find = answers[name] as ((value: unknown) => unknown) | undefined;
      if (!find) throw new Error(`there is no answer to ${name}`);
      reply({ id, value: await find(value) });
    } catch (error) {
      reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
}

function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
