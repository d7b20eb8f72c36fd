import * as z from "zod/mini";

const maxNameLength = 40;

/** Control characters, line breaks, and what turns the direction of the text around a name. */
const misleading = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** The name that others see. */
export const displayName = z.string().check(
  z.trim(),
  z.refine((name) => visible.test(name), { error: "Tell us a name.", abort: true }),
  z.maxLength(maxNameLength, `A name has at most ${maxNameLength} characters.`),
  z.refine((name) => !misleading.test(name), "A name cannot have line breaks or control characters."),
);
