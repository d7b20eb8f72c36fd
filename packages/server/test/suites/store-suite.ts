import type { Store } from "@shoal/server";
import { contentLaws } from "./store/content.ts";
import { derivationLaws } from "./store/derivations.ts";
import { effectLaws } from "./store/effects.ts";
import { erasingLaws } from "./store/erasing.ts";
import { lookLaws } from "./store/look.ts";
import { redactionLaws } from "./store/redactions.ts";
import { retentionLaws } from "./store/retention.ts";
import { revocationLaws } from "./store/revocations.ts";
import { snapshotLaws } from "./store/snapshots.ts";
import { sqlLaws } from "./store/sql.ts";
import { transactionLaws } from "./store/transactions.ts";
import { versionLaws } from "./store/versions.ts";
import { volatileLaws } from "./store/volatile.ts";

/** A store that is open, with nothing in it. Disposing of it closes all that was opened on it and removes what it kept. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: Store;
  /** Closes the store and opens one on the same data; absent where nothing outlives the store. */
  readonly reopen?: () => Promise<Store>;
  /** Another store on the same data, as another node has it; absent where one has it alone. */
  readonly another?: () => Promise<Store>;
}

export type OpenStore = () => Promise<OpenedStore>;

/** The law of a store, whatever it is made of. */
export function storeSuite(name: string, open: OpenStore): void {
  contentLaws(name, open);
  transactionLaws(name, open);
  lookLaws(name, open);
  retentionLaws(name, open);
  snapshotLaws(name, open);
  effectLaws(name, open);
  derivationLaws(name, open);
  sqlLaws(name, open);
  volatileLaws(name, open);
  versionLaws(name, open);
  redactionLaws(name, open);
  erasingLaws(name, open);
  revocationLaws(name, open);
}
