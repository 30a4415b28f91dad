/** Services → Risks: weaknesses that are no problem yet, and those that people dismissed. */
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { PageTabs } from '../app/page-tabs';
import { Button, Empty, Loading, Notice, PageHead, SearchField } from '../components/ui';
import { reasonOf } from '../insight/api';
import { useServicesState } from '../services/state';
import { useDismissal, useRisks } from './api';
import { groupsOf, type RiskGroup } from './model';
import { type Change, RiskRow } from './parts';
import '../insight/insight.css';
import '../services/services.css';
import './risks.css';

/** Risks of a group at first. */
const SHOWN = 20;

export function RisksPage() {
  const state = useServicesState('/risks');
  const { dismissed = '' } = useSearch({ strict: false }) as Record<string, string>;
  const answer = useRisks();
  const dismissal = useDismissal();
  const all = answer.data?.risks;
  const open = (all ?? []).filter((one) => one.dismissed === null);
  const closed = (all ?? []).filter((one) => one.dismissed !== null);
  const showsClosed = dismissed === 'true';
  const groups = groupsOf(showsClosed ? closed : open, state.filter);
  return (
    <div className="page">
      <PageHead title="Risks" lead="Single points of failure, exposed databases and missing limits." />
      <PageTabs />
      {answer.error && !all ? (
        <Empty icon="plan" title="No risks">
          {reasonOf(answer.error, 'Risks')}
        </Empty>
      ) : !all ? (
        <Loading label="Loading risks" />
      ) : (
        <section className="panel" aria-label="Risks">
          {(answer.data?.failures ?? []).length > 0 && (
            <Notice kind="warning" title="Some risks could not be evaluated">
              {answer.data?.failures.map(({ inspection, error }) => (
                <div key={inspection}>
                  {inspection}: {error}
                </div>
              ))}
            </Notice>
          )}
          {dismissal.error && (
            <Notice kind="error" title="Not changed">
              {dismissal.error instanceof Error ? dismissal.error.message : String(dismissal.error)}
            </Notice>
          )}
          <div className="panel-tools">
            <SearchField label="Filter risks" value={state.filter} onChange={state.setFilter} />
            <fieldset className="pills plain-pills">
              <legend className="visually-hidden">State</legend>
              <button
                type="button"
                className="pill"
                aria-pressed={!showsClosed}
                onClick={() => state.setParams({ dismissed: '' })}
              >
                Open {open.length}
              </button>
              <button
                type="button"
                className="pill"
                aria-pressed={showsClosed}
                onClick={() => state.setParams({ dismissed: 'true' })}
              >
                Dismissed {closed.length}
              </button>
            </fieldset>
          </div>
          {groups.length === 0 ? (
            <p className="muted">
              {showsClosed ? 'No dismissed risk.' : 'No risk found among what is observed.'}
            </p>
          ) : (
            groups.map((group) => (
              <Group
                key={group.inspection}
                group={group}
                busy={dismissal.isPending}
                onChange={(id, reason) => dismissal.mutate({ id, reason })}
              />
            ))
          )}
        </section>
      )}
    </div>
  );
}

function Group({ group, busy, onChange }: { group: RiskGroup; busy: boolean; onChange: Change }) {
  const [shown, setShown] = useState(SHOWN);
  return (
    <section className="risk-group" aria-label={group.title}>
      <h2>
        {group.title} <span className="muted">{group.risks.length}</span>
      </h2>
      <ul className="problems">
        {group.risks.slice(0, shown).map((one) => (
          <RiskRow key={one.risk.id} one={one} busy={busy} onChange={onChange} />
        ))}
      </ul>
      {group.risks.length > shown && (
        <Button onClick={() => setShown(shown + SHOWN)}>
          Show {Math.min(SHOWN, group.risks.length - shown)} more
        </Button>
      )}
    </section>
  );
}
