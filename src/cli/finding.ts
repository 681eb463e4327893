/** The result of a check of `doctor`, and what to do if it failed. */
export type Finding = { ok: true; text: string } | { ok: false; text: string; advice: string };
