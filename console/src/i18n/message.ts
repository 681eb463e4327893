/** A text with `{name}` for its values. With two forms, `{count}` selects one by the plural rules of the language. */
export type Message = string | Plural;

export interface Plural {
  one: string;
  other: string;
}

/** The form of a translation: the same keys, and two forms where the source has two. */
export type Translation<Source> = {
  readonly [Key in keyof Source]: Source[Key] extends string
    ? string
    : Source[Key] extends Plural
      ? Plural
      : Translation<Source[Key]>;
};
