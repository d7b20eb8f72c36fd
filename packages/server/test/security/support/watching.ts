import { Recorder } from "../../support/recorder.ts";
import type { BoardApp, Person } from "./board-app.ts";

/** Watches a board without a wire, and records what came of it. */
export function watching(app: Pick<BoardApp, "as">, user: Person | null, input: { readonly boardId: string }) {
  const frames = new Recorder<{ readonly id: string; readonly kind: string }>();
  const errors = new Recorder<{ readonly code: string; readonly message: string }>();
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    const watch: AsyncIterable<unknown> = await app.as(user).watch(input);
    const iterator = watch[Symbol.asyncIterator]();
    stop.signal.addEventListener("abort", () => iterator.return?.());
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const [id, { kind }] = next.value as [string, { kind: string }];
      frames.push({ id, kind });
    }
  };
  const ended = run().catch((error) => errors.push(error));
  return { frames, errors, ended, stop: () => stop.abort() };
}
