/** Entities that an entity is related to, by relation and direction. */
import { EntityLink, kindText } from './parts';
import type { Entity, Relation } from './types';
import type { WorldIndex } from './world';

const MAX_SHOWN = 30;

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

export function Relations({ groups, carried }: { groups: RelationGroup[]; carried: Record<string, string> }) {
  return (
    <section className="panel service-panel" aria-label="Relations">
      <h2>Relations</h2>
      {groups.length === 0 ? (
        <p className="muted">No relation to another entity was observed.</p>
      ) : (
        <div className="relation-groups">
          {groups.map(({ title, entities }) => (
            <div key={title}>
              <h3>
                {title} <span className="muted">{entities.length}</span>
              </h3>
              <ul>
                {entities.slice(0, MAX_SHOWN).map((entity) => (
                  <li key={entity.id}>
                    <EntityLink entity={entity} carried={carried} />{' '}
                    <span className="muted">{kindText(entity.kind)}</span>
                  </li>
                ))}
              </ul>
              {entities.length > MAX_SHOWN && <p className="muted">{entities.length - MAX_SHOWN} more</p>}
            </div>
          ))}
        </div>
      )}
    </section>
  );
}
