/**
 * The URL for pg, in which `sslmode` has the same meaning as in libpq. Without `uselibpqcompat`, pg treats `require` as
 * `verify-full` and prints a warning.
 */
export function toConnectionString(url: string): string {
  const { searchParams } = new URL(url);
  const isSet = searchParams.has('uselibpqcompat') || !searchParams.has('sslmode');
  return isSet ? url : `${url}&uselibpqcompat=true`;
}
