/** Fleet → Quotas: how much of each amount is used, by value and agent, and what happens beyond it. */
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Moment } from '../components/moment';
import { Button, Empty } from '../components/ui';
import { counted } from '../lib/units';
import { type QuotaState, useAgents, useQuotas } from './api';
import { ownerOf, STEPS, scopeOf } from './controls';
import { EndControl } from './end-control';
import { FleetPage } from './frame';
import { agentName } from './model';
import { amount, nextStep, periodOf, shareOf } from './quotas';
import '../volumes/volumes.css';

export function QuotasPage() {
  const query = useQuotas();
  const navigate = useNavigate();
  const add = () => void navigate({ to: '/fleet/controls', search: { action: 'quota' } as never });
  return (
    <FleetPage
      title="Quotas"
      lead="Amounts by team, service or pipeline: warn, sample, then move to an archive or drop"
      query={query}
      tools={
        <Button icon="plus" look="primary" onClick={add}>
          New quota
        </Button>
      }
    >
      {query.data?.length === 0 ? (
        <Empty icon="gauge" title="No quotas">
          A quota allows an amount of items, bytes or cost per period. This page shows usage, and the{' '}
          <Link to="/fleet/audit">audit log</Link> records each step that is reached.
        </Empty>
      ) : (
        <div className="fleet-rollouts">
          {query.data?.map((one) => (
            <QuotaCard key={one.id} of={one} />
          ))}
        </div>
      )}
    </FleetPage>
  );
}

function QuotaCard({ of }: { of: QuotaState }) {
  const [open, setOpen] = useState('');
  const quota = of.quota;
  const names = new Map(useAgents().data?.map((agent) => [agent.uid, agent]));
  const label = (uid: string) => {
    const agent = names.get(uid);
    return agent ? agentName(agent) : uid;
  };
  if (!quota) return null;
  return (
    <section className="card fleet-rollout" aria-label={`Quota ${of.id}`}>
      <header>
        <h2>
          {amount(quota.limit, quota)} in {periodOf(quota.period)}
          {quota.by && ` for each ${quota.by}`}
        </h2>
        <span className="muted">
          {scopeOf(of)} · then {of.target ? `to ${of.target}` : 'drop'}
        </span>
        <EndControl id={of.id} name="quota" />
      </header>
      <p className="muted">
        {of.id}, {ownerOf(of)}
        {of.reason && `: ${of.reason}`}, ends <Moment ms={of.endMillis} />. {nextStep(quota)}
      </p>
      {of.values.length === 0 ? (
        <p className="muted">No item in scope has passed in this period.</p>
      ) : (
        <div className="table-wrap">
          <table className="table" aria-label={`Use of quota ${of.id}`}>
            <thead>
              <tr>
                <th scope="col">{quota.by || 'Scope'}</th>
                <th scope="col" className="num">
                  Used
                </th>
                <th scope="col">Share</th>
                <th scope="col" className="num">
                  Limit
                </th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {of.values.map((value) => {
                const share = shareOf(value);
                const step = STEPS[value.step] ?? STEPS.ok;
                const shown = open === value.value;
                return [
                  <tr key={value.value}>
                    <th scope="row">
                      <button
                        type="button"
                        className="fleet-name"
                        aria-expanded={shown}
                        onClick={() => setOpen(shown ? ' ' : value.value)}
                      >
                        {value.value || (quota.by ? `without ${quota.by}` : 'all')}
                      </button>
                    </th>
                    <td className="num">{amount(value.used, quota)}</td>
                    <td>
                      <span className="volumes-share">
                        <span className="volumes-bar" aria-hidden="true">
                          <i style={{ width: `${Math.min(100, share * 100)}%` }} />
                        </span>
                        <span className="num">{(share * 100).toFixed(share < 0.1 ? 1 : 0)} %</span>
                      </span>
                    </td>
                    <td className="num">{amount(value.limit, quota)}</td>
                    <td>
                      <span className={`badge badge-${step.badge}`}>{step.name}</span>
                    </td>
                  </tr>,
                  ...(shown
                    ? value.agents.map((agent) => (
                        <tr key={`${value.value} ${agent.uid}`}>
                          <td className="muted">{label(agent.uid)}</td>
                          <td className="num">{amount(agent.used, quota)}</td>
                          <td className="num muted">{(shareOf(agent) * 100).toFixed(0)} %</td>
                          <td className="num">{amount(agent.limit, quota)}</td>
                          <td>
                            <span className={`badge badge-${(STEPS[agent.step] ?? STEPS.ok).badge}`}>
                              {(STEPS[agent.step] ?? STEPS.ok).name}
                            </span>
                          </td>
                        </tr>
                      ))
                    : []),
                ];
              })}
            </tbody>
          </table>
          <p className="muted">
            {counted(of.values.length, 'value')}. The limit applies to all agents together; the row of an
            agent shows its current share. Amounts are reset to 0 at the start of each period.
          </p>
        </div>
      )}
    </section>
  );
}
