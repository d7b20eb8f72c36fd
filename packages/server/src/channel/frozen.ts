const production = process.env.NODE_ENV === "production";

/**
 * In development a state is frozen, so that code which changes the one it was given fails where it does so. What is frozen
 * already is not looked into again: a new state mostly shares its parts with the one before.
 */
export function frozen<T>(value: T): T {
  if (production || typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}
