import { isSecretName } from "./secret-names.ts";

/**
 * Finds a token in the query of a URL, where logs, proxies and histories keep it: a parameter with the name of a secret, such as
 * `token`, and `connectionParams` with anything but the `1` by which a WebSocket announces its first message.
 *
 * @returns the parameter's name, and never its value
 */
export function tokenInUrl(url = ""): string | undefined {
  const start = url.indexOf("?");
  if (start < 0) return undefined;
  const pairs = url.slice(start + 1).split("#", 1)[0] ?? "";
  for (const pair of pairs.split("&")) {
    const end = pair.indexOf("=");
    const name = decode(end < 0 ? pair : pair.slice(0, end));
    if (name === "connectionParams" && pair.slice(end + 1) === "1") continue;
    if (isSecretName(name)) return name.slice(0, 40);
  }
  return undefined;
}

/** What one is told who sent one. */
export function refusalOfToken(name: string): string {
  return (
    `The address has a token in it, as "${name}". Addresses end up in logs: send it in the header "authorization" ` +
    'or in a cookie, and over WebSocket in "connectionParams".'
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
