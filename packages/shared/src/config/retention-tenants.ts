/** Days by tenant of `RETENTION_TENANTS`, in its order: a tenant may stand twice, which start-up refuses. */
export function readRetentionTenants(text = ""): [tenant: string, days: number][] {
  return text.split(",").flatMap((each) => {
    const [tenant = "", days] = each.split("=");
    return days === undefined ? [] : [[tenant, Number(days)]];
  });
}
