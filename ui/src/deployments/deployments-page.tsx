/** Services → Deployments: new versions of all services, the newest first. */
import { useMemo, useState } from 'react';
import { PageTabs } from '../app/page-tabs';
import { TimePicker } from '../components/time-picker';
import { Button, Empty, Loading, PageHead, SearchField } from '../components/ui';
import { reasonOf } from '../insight/api';
import { spellDuration } from '../lib/time';
import { useServicesState } from '../services/state';
import { useDeployments } from './api';
import { DeploymentTable } from './deployment-table';
import { versionText } from './model';
import '../insight/insight.css';
import '../services/services.css';

/** Rows at first. */
const PAGE = 100;

export function DeploymentsPage() {
  const state = useServicesState('/deployments');
  const answer = useDeployments(state.start, state.end);
  const [shown, setShown] = useState(PAGE);
  const all = answer.data?.deployments;
  const rows = useMemo(
    () =>
      (all ?? []).filter((one) =>
        `${one.service.name} ${versionText(one.changes)}`.toLowerCase().includes(state.filter.toLowerCase()),
      ),
    [all, state.filter],
  );
  return (
    <div className="page">
      <PageHead
        title="Deployments"
        lead="New versions, images and pod templates. Each compares the signals of its service before and after."
      >
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
      </PageHead>
      <PageTabs />
      {answer.error && !all ? (
        <Empty icon="plan" title="No deployments">
          {reasonOf(answer.error, 'Deployments')}
        </Empty>
      ) : !all ? (
        <Loading label="Loading deployments" />
      ) : all.length === 0 ? (
        <Empty icon="plan" title="No deployments">
          No service changed its version in the last {spellDuration(state.time.range)}. Versions come from{' '}
          <code>service.version</code> of OpenTelemetry, the tags of container images and ReplicaSets.
        </Empty>
      ) : (
        <section className="panel" aria-label="Deployments">
          <div className="panel-tools">
            <SearchField label="Filter deployments" value={state.filter} onChange={state.setFilter} />
            <span className="muted" role="status">
              {rows.length === all.length
                ? `${all.length} deployments`
                : `${rows.length} of ${all.length} deployments`}
            </span>
          </div>
          <DeploymentTable deployments={rows.slice(0, shown)} named />
          {rows.length > shown && (
            <Button onClick={() => setShown(shown + PAGE)}>
              Show {Math.min(PAGE, rows.length - shown)} more
            </Button>
          )}
        </section>
      )}
    </div>
  );
}
