import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { StoreAt } from "../durability/store-at.ts";
import { inTime } from "../support/recorder.ts";

const file = fileURLToPath(new URL("./tally-server.ts", import.meta.url));

/** How long a process may take to come and to go, in milliseconds. */
const patience = 20_000;

/** An answer over HTTP: what the command came to, or the code of the error that there was instead. */
export type Answer = { readonly outcome: unknown } | { readonly code: string };

interface Reply {
  readonly result?: { readonly data: unknown };
  readonly error?: { readonly data: { readonly code: string } };
}

/** A node in a process of its own. Disposing of it kills it. */
export class TallyProcess {
  readonly version: 1 | 2;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #port = 0;

  private constructor(version: 1 | 2, at: StoreAt) {
    this.version = version;
    this.#child = spawn(process.execPath, ["--conditions=@shoal/source", file, String(version), JSON.stringify(at)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#exited = once(this.#child, "close");
  }

  static async start(version: 1 | 2, at: StoreAt): Promise<TallyProcess> {
    const started = new TallyProcess(version, at);
    const [{ port }] = await inTime(once(started.#child, "message"), "a node to stand", patience);
    started.#port = port;
    return started;
  }

  /** Sends a command, as a client does that takes a lost connection for a server that is away. */
  async send(name: string, input: object): Promise<Answer> {
    const init = { method: "POST", body: JSON.stringify(input), headers: { "content-type": "application/json" } };
    try {
      const response = await fetch(this.#urlOf(name), init);
      const { result, error } = (await response.json()) as Reply;
      return error ? { code: error.data.code } : { outcome: result?.data };
    } catch {
      return { code: "SERVICE_UNAVAILABLE" };
    }
  }

  /** Watches until the first frame comes, or an error in its place. @returns the kind of the one, or the code of the other */
  async watch(input: object): Promise<string> {
    const query = new URLSearchParams({ input: JSON.stringify(input) });
    const { body } = await fetch(`${this.#urlOf("watch")}?${query}`, { headers: { accept: "text/event-stream" } });
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const [, found] = /"(?:kind|code)":"(\w+)"/.exec(text) ?? [];
      if (found !== undefined) return found;
    }
    throw new Error(`The node said only ${text}`);
  }

  /** Ends it as a deploy does. */
  async stop(): Promise<void> {
    this.#child.send({ kind: "stop" });
    await inTime(this.#exited, "a node to stop", patience);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #urlOf(procedure: string): string {
    return `http://localhost:${this.#port}/trpc/realtime.tally.${procedure}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
