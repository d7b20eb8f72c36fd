import { ShoalError } from "@shoal/contract";

/**
 * A topic, or something for it, that this code cannot read: a newer version wrote it, or the migration of an older one failed. It
 * stays as it is, for another node or for mended code; it is no failed attempt, and nobody else is the worse for it.
 */
export class Unreadable extends ShoalError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("SERVICE_UNAVAILABLE", message, options);
  }
}
