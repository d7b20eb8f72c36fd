/** Whether Node.js failed with this code, such as `EADDRINUSE`. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
