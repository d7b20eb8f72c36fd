const secret = new Set([
  "auth",
  "authorization",
  "bearer",
  "connectionparams",
  "cookie",
  "cookies",
  "credential",
  "credentials",
  "jwt",
  "passwd",
  "proxyauthorization",
  "pwd",
  "sessionid",
  "setcookie",
  "sid",
]);

const secretEnding = /(?:token|secret|password|passphrase|apikey|privatekey)$/;

/** Whether what has this name, as a field, a header or a parameter of a URL, is a secret: `access_token`, `X-Api-Key`. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return secret.has(plain) || secretEnding.test(plain);
}
