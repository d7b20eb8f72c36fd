/** A tenant as part of a table's key: none is told from one whose name is empty. */
export function tenantKey(tenant: string | null | undefined): string {
  return tenant === null || tenant === undefined ? "" : `@${tenant}`;
}
