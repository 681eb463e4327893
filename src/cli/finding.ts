/** What a check of `doctor` found: all is well, or what to do. */
export type Finding = { ok: true; text: string } | { ok: false; text: string; advice: string };
