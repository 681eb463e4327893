import fc from 'fast-check';

/**
 * fast-check with the same cases in every run, so that a change is judged by what it changes. `PROPERTY_SEED=random` (or a
 * number) tries others, for instance over night: `PROPERTY_SEED=random npm test`.
 */
const { PROPERTY_SEED = '1' } = process.env;
if (PROPERTY_SEED !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(PROPERTY_SEED) });

export default fc;
