import { useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import { ErrorNotice, isMissing } from '../api/errors';
import type { LabelSet } from '../api/types';
import { Loading, Notice } from '../components/ui';
import { type Change, type RelabelStep, relabelTrail } from './relabel';

function ChangeLine({ change }: { change: Change }) {
  return (
    <li>
      <span className="relabel-name">{change.name}</span>
      {change.before !== null && <del>{change.before || '""'}</del>}
      {change.after !== null && <ins>{change.after || '""'}</ins>}
      {change.after === null && <span className="muted">removed</span>}
    </li>
  );
}

/** The rules of the scrape job, one by one, on the labels of one discovered target. */
export function RelabelSteps({ pool, labels }: { pool: string; labels: LabelSet }) {
  const steps = useQuery({
    queryKey: ['relabel', pool, labels],
    queryFn: ({ signal }) =>
      call<{ steps: RelabelStep[] | null }>(
        'targets/relabel_steps',
        { scrapePool: pool, labels: JSON.stringify(labels) },
        signal,
      ),
  });
  if (isMissing(steps.error))
    return <Notice kind="info">This server does not report relabelling steps.</Notice>;
  if (steps.error) return <ErrorNotice error={steps.error} />;
  if (!steps.data) return <Loading label="Loading steps" />;
  const trail = relabelTrail(labels, steps.data.data.steps ?? []);
  if (trail.length === 0)
    return (
      <p className="muted relabel-none">The scrape job has no relabelling rules: labels stay as found.</p>
    );
  return (
    <ol className="relabel">
      {trail.map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rules have no other identity.
        <li key={i}>
          <code>{step.rule}</code>
          {step.dropped && <span className="badge badge-down">drops the target</span>}
          {!step.dropped && step.changed.length === 0 && <span className="muted">changes nothing</span>}
          {step.changed.length > 0 && (
            <ul className="relabel-changes">
              {step.changed.map((change) => (
                <ChangeLine key={change.name} change={change} />
              ))}
            </ul>
          )}
        </li>
      ))}
    </ol>
  );
}
