import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** How long a test waits for what a program is to print, in milliseconds. */
const patience = 30_000;

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A module that is loaded before the program. */
  readonly before?: string;
}

/** A program of Node.js that runs until it is disposed of. */
export class Program {
  readonly #child: ChildProcess;
  readonly #messages: unknown[] = [];
  readonly #looks = new Set<() => void>();
  #printed = "";
  #exit: number | string | undefined;

  constructor(file: string, { cwd, env = {}, before }: ProgramOptions) {
    this.#child = fork(file, {
      cwd,
      env: { ...process.env, NODE_ENV: "production", ...env },
      execArgv: before === undefined ? [] : ["--import", before],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => this.#hear(() => (this.#printed += text)));
    }
    this.#child.on("message", (message) => this.#hear(() => this.#messages.push(message)));
    this.#child.once("close", (code, signal) => this.#hear(() => (this.#exit = code ?? signal ?? "unknown")));
  }

  /** The first message that it sends to this process. */
  async message(): Promise<unknown> {
    await this.#until(() => this.#messages.length > 0, "a message");
    return this.#messages[0];
  }

  /** Waits for a line that fits, and returns it. */
  async line(pattern: RegExp): Promise<string> {
    const find = () => this.#printed.split("\n").find((line) => pattern.test(line));
    await this.#until(() => find() !== undefined, `a line like ${pattern}`);
    return find() ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit !== undefined) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "close");
  }

  #hear(note: () => unknown): void {
    note();
    for (const look of [...this.#looks]) look();
  }

  /** Fails when the program ends without it, or when it takes too long. */
  #until(is: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error) => {
        clearTimeout(timer);
        this.#looks.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const fail = (why: string) => end(new Error(`Waited for ${what}: ${why}. It printed:\n${this.#printed}`));
      const look = () => {
        if (is()) end();
        else if (this.#exit !== undefined) fail(`the program ended with ${this.#exit}`);
      };
      const timer = setTimeout(() => fail("it takes too long"), patience);
      this.#looks.add(look);
      look();
    });
  }
}
