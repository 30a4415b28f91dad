/** Restarts, deployments and lost targets of an entity. */
import type { Change } from './changes';
import { ChangeText } from './problem-list';

const MAX_SHOWN = 20;

export function ChangeList({ changes, range }: { changes: Change[]; range: string }) {
  return (
    <section className="panel service-panel" aria-label="Changes">
      <h2>Restarts and deployments</h2>
      {changes.length === 0 ? (
        <p className="muted">No restart, deployment or lost target seen in the last {range}.</p>
      ) : (
        <ul className="insight-changes">
          {changes.slice(0, MAX_SHOWN).map((change) => (
            <li key={change.key}>
              <ChangeText change={change} />
            </li>
          ))}
        </ul>
      )}
      {changes.length > MAX_SHOWN && <p className="muted">{changes.length - MAX_SHOWN} more</p>}
    </section>
  );
}
