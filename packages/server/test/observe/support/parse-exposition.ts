/** One line of what Prometheus scrapes. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"(?:,|$)/y;

/**
 * Reads Prometheus's text format as strictly as Prometheus does: every sample belongs to a family that was described before it, once,
 * and none is there twice.
 */
export function parseExposition(text: string) {
  if (!text.endsWith("\n")) throw new Error("It does not end with an end of line.");
  const families = new Map<string, { readonly type: string }>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const one of text.split("\n")) {
    if (one === "" || one.startsWith("# HELP ")) continue;
    const [, described, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(one) ?? [];
    if (described && type) {
      if (families.has(described)) throw new Error(`${described} is described twice.`);
      families.set(described, { type });
      continue;
    }
    const sample = parseSample(one);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
    if (seen.has(key)) throw new Error(`${one} is there twice.`);
    seen.add(key);
    const family = families.has(sample.name) ? sample.name : sample.name.replace(/_(bucket|sum|count)$/, "");
    if (!families.has(family)) throw new Error(`${one} belongs to nothing.`);
    samples.push(sample);
  }
  return {
    families,
    samples,
    /** The one sample of this name and with exactly these labels. */
    value(name: string, labels: Readonly<Record<string, string>> = {}): number {
      const wanted = JSON.stringify(Object.entries(labels).toSorted());
      const found = samples.find(
        (one) => one.name === name && JSON.stringify(Object.entries(one.labels).toSorted()) === wanted,
      );
      if (!found) throw new Error(`There is no ${name} with ${wanted}.`);
      return found.value;
    },
  };
}

function parseSample(text: string): Sample {
  const [, name, labels = "", value] = line.exec(text) ?? [];
  if (!name || value === undefined) throw new Error(`This is no sample: ${text}`);
  const found: Record<string, string> = {};
  let read = 0;
  label.lastIndex = 0;
  for (let match = label.exec(labels); match; match = label.exec(labels)) {
    found[match[1] ?? ""] = match[2] ?? "";
    read = label.lastIndex;
  }
  if (read !== labels.length) throw new Error(`These are no labels: ${labels}`);
  const number = value === "+Inf" ? Number.POSITIVE_INFINITY : value === "Nan" ? Number.NaN : Number(value);
  return { name, labels: found, value: number };
}
