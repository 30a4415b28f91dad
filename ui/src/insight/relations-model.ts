/** Relations of an entity, grouped by kind and direction. */
import type { Entity, Relation } from './types';
import type { WorldIndex } from './world';

/** Headings by relation: what the entity does, and what others do to it. */
const OUT: Record<string, string> = {
  runs_on: 'Runs on',
  part_of: 'Part of',
  calls: 'Calls',
  reads: 'Reads',
  writes: 'Writes',
  exposes: 'Exposes',
};
const IN: Record<string, string> = {
  runs_on: 'Runs here',
  part_of: 'Parts',
  calls: 'Called by',
  reads: 'Read by',
  writes: 'Written by',
  exposes: 'Exposed by',
};

export interface RelationGroup {
  title: string;
  entities: Entity[];
}

export function relationGroups(
  id: string,
  outgoing: Relation[],
  incoming: Relation[],
  index: WorldIndex | undefined,
): RelationGroup[] {
  const out = new Map<string, Entity[]>();
  const add = (title: string, other: string) => {
    const entity = index?.byId.get(other) ?? {
      id: other,
      kind: other.replace(/:.*$/, ''),
      name: other.replace(/^[^:]*:/, ''),
      attributes: {},
      keys: [],
      series: [],
    };
    out.set(title, [...(out.get(title) ?? []), entity]);
  };
  for (const { kind, from, to } of incoming) if (to === id) add(IN[kind] ?? kind, from);
  for (const { kind, from, to } of outgoing) if (from === id) add(OUT[kind] ?? kind, to);
  return [...out].map(([title, entities]) => ({
    title,
    entities: entities.sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name)),
  }));
}
