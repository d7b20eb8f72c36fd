import { navigate } from "../router.ts";

/** Goes to an address: within the app without loading it anew. */
export function follow(url: string): void {
  const { origin, pathname, search, hash } = new URL(url, location.href);
  if (origin === location.origin) navigate(`${pathname}${search}${hash}`);
  else window.open(url, "_blank", "noopener");
}
