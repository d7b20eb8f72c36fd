/** Seconds as a clock shows them: `2 d 3 h`, `1:02:03`, `4:05`. */
export function clockOf(seconds: number): string {
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600)];
  if (days > 0) return `${days} d ${hours} h`;
  const [minutes, rest] = [Math.floor((seconds % 3_600) / 60), seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A duration in words, for those who only listen: `4 minutes`. */
export function wordsOf(seconds: number): string {
  const [value, unit] =
    seconds >= 2 * 86_400
      ? [Math.round(seconds / 86_400), "day"]
      : seconds >= 2 * 3_600
        ? [Math.round(seconds / 3_600), "hour"]
        : seconds >= 120
          ? [Math.round(seconds / 60), "minute"]
          : [seconds, "second"];
  return `${value} ${unit}${value === 1 ? "" : "s"}`;
}
