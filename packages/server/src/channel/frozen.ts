const production = process.env.NODE_ENV === "production";

/** In development a state is frozen, so that code which changes the one it was given fails where it does so. */
export function frozen<T>(value: T): T {
  return production ? value : freeze(value);
}

/** Freezes a value with all its parts. What is frozen already is not looked into: a new state mostly shares its parts with the one before. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}

/** Whether an error says that code changed, or tried to, what was frozen. */
export function isChangeOfFrozen(error: unknown): boolean {
  return error instanceof TypeError && /read only property|not extensible|^Cannot delete property/.test(error.message);
}
