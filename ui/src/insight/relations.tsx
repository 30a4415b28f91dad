/** Entities that an entity is related to, by relation and direction. */
import { EntityLink, kindText } from './parts';
import type { RelationGroup } from './relations-model';

const MAX_SHOWN = 30;

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
