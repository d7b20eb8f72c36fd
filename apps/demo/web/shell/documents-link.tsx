import { IconFileText } from "@tabler/icons-react";
import { Link } from "../link.tsx";
import { documentsPath, useRoute } from "../router.ts";
import classes from "./page-link.module.css";

/** The way to the documents, from everywhere. */
export function DocumentsLink() {
  const { page } = useRoute();
  const current = page === "documents" || page === "document" || page === "documentHistory";
  return (
    <Link href={documentsPath} className={classes.link} {...(current && { "aria-current": "page" })}>
      <IconFileText size={18} aria-hidden />
      Documents
    </Link>
  );
}
