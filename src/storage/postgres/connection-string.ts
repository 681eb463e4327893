/**
 * The URL as pg takes it, with `sslmode` as PostgreSQL's own clients mean it. Without the parameter pg takes `require` for
 * `verify-full`, and prints a warning of nine lines.
 */
export function toConnectionString(url: string): string {
  const { searchParams } = new URL(url);
  const isSet = searchParams.has('uselibpqcompat') || !searchParams.has('sslmode');
  return isSet ? url : `${url}&uselibpqcompat=true`;
}
