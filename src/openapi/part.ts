/** A part of an OpenAPI document: an object that becomes JSON. */
export type Part = Record<string, unknown>;
