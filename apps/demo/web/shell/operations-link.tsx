import { IconActivity } from "@tabler/icons-react";
import { Link } from "../link.tsx";
import { operationsPath, useRoute } from "../router.ts";
import classes from "./page-link.module.css";

/** The way to how the server is, from everywhere. */
export function OperationsLink() {
  const current = useRoute().page === "operations";
  return (
    <Link href={operationsPath} className={classes.link} {...(current && { "aria-current": "page" })}>
      <IconActivity size={18} aria-hidden />
      Operations
    </Link>
  );
}
