import { isSecretName } from "../security/secret-names.ts";

/** What stands where a secret stood. */
export const redacted = "[redacted]";

/** Longer texts are cut, before and after they are looked through. */
const maxLength = 16 * 1024;
const maxRead = 2 * maxLength;

/** None of them looks at a character more often than a few times: a text that is made for it cannot hold the server up. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // Headers, to the end of their line or of the text they are quoted in.
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(\\?["']?\s{0,3}:\s{0,3}\\?["']?)[^\r\n"']+/gi,
    `$1$2${redacted}`,
  ],
  [/\b(bearer)\s{1,3}[\w.~+/=-]{6,}/gi, `$1 ${redacted}`],
  // A JWT.
  [/(?<![\w-])eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g, redacted],
  // The user and the password of a URL.
  [/\b([a-z][a-z\d+.-]{0,20}:\/\/)[^\s/?#"'<>@]{1,200}@/gi, `$1${redacted}@`],
];

/** `name=` as in a URL, and `"name":"` as in JSON. */
const naming = /(?<![\w-])([\w-]{1,60})(?:=|\\?["']\s{0,3}:\s{0,3}\\?["'])/g;
const value = /[^\s"'\\&;,<>{}[\]()]+/y;

/** A text without the tokens in it, and no longer than a line of a log may be. */
export function redact(text: string): string {
  const read = text.length > maxRead ? beforeLastSpace(text.slice(0, maxRead)) : text;
  let shown = read;
  for (const [pattern, replacement] of patterns) shown = shown.replace(pattern, replacement);
  shown = withoutNamed(shown);
  if (shown.length <= maxLength && read === text) return shown;
  return `${shown.slice(0, maxLength)}… (${text.length} characters)`;
}

/** What is cut in the middle could be a token that is not known as one any more. */
function beforeLastSpace(text: string): string {
  let end = text.length;
  while (end > 0 && !/\s/.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function withoutNamed(text: string): string {
  let shown = "";
  let done = 0;
  for (const named of text.matchAll(naming)) {
    const start = named.index + named[0].length;
    if (start <= done || !isSecretName(named[1] ?? "")) continue;
    value.lastIndex = start;
    const [found] = value.exec(text) ?? [];
    if (found === undefined) continue;
    shown += text.slice(done, start) + redacted;
    done = start + found.length;
  }
  return shown + text.slice(done);
}
