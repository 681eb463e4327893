/** The pattern of `ifMatch` in an item of a batch: entity tags as in the header, or `*`. */
export const IF_MATCH = '^(?:\\*|(?:W/)?"[!#-~]*"(?: *, *(?:W/)?"[!#-~]*")*)$';

/** What `If-Match` must be. */
export const ENTITY_TAGS_EXPECTED = 'must be an entity tag in double quotes such as "1", several with commas, or *';
