import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inTime } from "./recorder.ts";

interface Question {
  readonly name: string;
  readonly value: unknown;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** How long an answer may take, in milliseconds: the process has to be loaded, on a machine that may be busy. */
const patience = 60_000;

/** Answers, in a process of its own, the test that started it, one question after another. It ends with the test. */
export function answer(answers: Readonly<Record<string, (value: never) => unknown>>): void {
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ name, value }: Question) => {
    try {
      const run = answers[name] as ((value: unknown) => unknown) | undefined;
      process.send?.({ value: await run?.(value) } satisfies Answer);
    } catch (error) {
      process.send?.({ error: String(error) } satisfies Answer);
    }
  });
}

/** A program that {@link answer}s in a process of its own, whose memory is nobody else's. Disposing of it kills it. */
export function startAskedProcess(file: URL) {
  const child = fork(fileURLToPath(file), {
    serialization: "advanced",
    execArgv: ["--conditions=@shoal/source", "--expose-gc", "--disable-warning=ExperimentalWarning"],
  });
  return {
    async ask<Value>(name: string, value?: unknown): Promise<Value> {
      child.send({ name, value } satisfies Question);
      const [{ error, value: answered }] = (await inTime(
        once(child, "message"),
        `the answer to ${name}`,
        patience,
      )) as [Answer];
      if (error !== undefined) throw new Error(error);
      return answered as Value;
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
