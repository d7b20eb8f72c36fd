/** The contenders, as tables name them. */
export const contenders = {
  each: "a snapshot, made for each viewer",
  once: "a snapshot, made once for all",
  shared: "bare ws, one shared frame of what changed",
  shoal: "Shoal",
} as const;

export type ContenderName = keyof typeof contenders;
