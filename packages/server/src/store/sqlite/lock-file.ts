import { DatabaseSync } from "node:sqlite";

/**
 * Holds a lock beside the file, for as long as this process lives: the operating system lets it go when the process dies, however
 * it dies. The file itself stays open to whoever reads it.
 *
 * @returns the function that lets it go
 * @throws when another one holds it
 */
export function lockFile(path: string): () => void {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new Error(
      `Another Shoal has "${path}" open. One process may write to it: stop the other one, or use Postgres for several nodes.`,
      { cause: error },
    );
  }
  return () => lock.close();
}
