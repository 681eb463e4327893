/** The little of it that this program uses: the package brings no types. */
declare module 'pgpass' {
  export default function readPassword(
    connection: object, // with `host`, `port`, `database` and `user`
    callback: (password: string | undefined) => void,
  ): void;
}
