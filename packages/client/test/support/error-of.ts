import { ShoalError } from "@shoal/contract";

/** The error with which it ends. Fails when it ends well. */
export async function errorOf(asked: Promise<unknown>): Promise<ShoalError> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ShoalError) return error;
  throw new Error(`It ended with ${error}.`);
}
