/** The path of the console with `/` at its end. A proxy may have added a prefix to `/console/`. */
export const CONSOLE_PATH = import.meta.env.DEV
  ? '/console/'
  : new URL(/* @vite-ignore */ '..', import.meta.url).pathname;

/** The URL of the service. */
export const SERVICE_URL = new URL('..', new URL(CONSOLE_PATH, location.origin)).href;
