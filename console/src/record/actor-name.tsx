import { nameOfActor } from './actor.ts';

/** Who made a change: the `actor` of an entry of the audit. */
export function ActorName({ actor }: { actor: string }) {
  return <span title={actor}>{nameOfActor(actor)}</span>;
}
