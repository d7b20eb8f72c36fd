import { Link } from "../link.tsx";
import classes from "./brand.module.css";

export function Brand() {
  return (
    <Link href="/" className={classes.brand}>
      <img src="/favicon.svg" alt="" width={30} height={30} />
      <span>Shoal</span>
    </Link>
  );
}
