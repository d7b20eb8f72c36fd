import type { RequestListener, ServerResponse } from "node:http";
import sirv from "sirv";

const year = 365 * 24 * 60 * 60;

/** Serves the built web app: one page for every path that names no file. Names under /assets change with their content. */
export function webFiles(folder: string): RequestListener {
  // `dev` looks a file up when it is asked for, so that a new build can be made under a running server.
  const files = sirv(folder, { dev: true, etag: true, single: true, setHeaders });
  return (req, res) => files(req, res);
}

function setHeaders(res: ServerResponse, pathname: string): void {
  const asset = pathname.startsWith("/assets/");
  res.setHeader("cache-control", asset ? `public, max-age=${year}, immutable` : "no-cache");
  res.setHeader("content-security-policy", policy);
  res.setHeader("referrer-policy", "no-referrer");
  res.setHeader("x-content-type-options", "nosniff");
}

/** Inline styles are Mantine's: its theme, and what it measures. */
const policy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");
