/** Fleet → Automation: rules on alerts, variables of incident mode, and the result of each step. */
import { useState } from 'react';
import { Moment } from '../components/moment';
import { Empty, LabelChips, Segmented } from '../components/ui';
import { counted } from '../lib/units';
import { useAutomation, useHubs } from './api';
import { FleetPage } from './frame';
import { Replays } from './replays';
import { badgeOf, type StepView, stepsIn, stepsOf } from './steps';

const NONE: Record<StepView, string> = {
  all: 'No event has triggered a rule since the control plane started.',
  failed: 'No steps failed.',
  held: 'No steps are waiting or were skipped.',
};

/** Condition on which the effects of a rule are reverted: events of rollouts and variables do not end. */
function returnOf(rule: { alert: string; undo: boolean; startControls: number }): string {
  const kind = rule.alert.split(':', 1)[0];
  const once = rule.alert === 'rollout:done' || rule.alert === 'rollout:undone' || kind === 'variable';
  if (!rule.undo || once) {
    return rule.startControls > 0 ? 'at the end time of its controls' : 'none';
  }
  if (!rule.alert.includes(':')) {
    return 'when the alert is resolved';
  }
  switch (kind) {
    case 'schedule':
      return 'at the end of the schedule';
    case 'query':
      return 'when the query has no result';
    case 'webhook':
      return 'when its webhook is resolved';
    default:
      return `when the ${kind} leaves the state`;
  }
}

export function AutomationPage() {
  const rules = useAutomation();
  const hubs = useHubs();
  const [view, setView] = useState<StepView>('all');
  const steps = stepsIn(stepsOf(rules.data, hubs.data), view);
  const variables = (hubs.data?.resources ?? []).filter((one) => (one.variables ?? []).length > 0);
  const hubRules = (hubs.data?.resources ?? []).flatMap((one) =>
    (one.rules ?? []).map((rule) => ({ hub: one.name, ...rule })),
  );
  const none = (rules.data?.rules.length ?? 0) + hubRules.length === 0;
  return (
    <FleetPage
      title="Automation"
      lead="Alerts start and end controls, and incident mode ends automatically"
      query={rules}
    >
      {none ? (
        <Empty icon="alerts" title="No rules">
          Start the control plane with <code>--automation=FILE</code>, and configure Alertmanager to send to{' '}
          <code>/alerts/alertmanager</code>. Variables set by alerts are defined in <code>--mdai=FILE</code>.
        </Empty>
      ) : (
        <section className="card table-wrap" aria-label="Rules">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Rule</th>
                <th scope="col">Trigger</th>
                <th scope="col">Actions</th>
                <th scope="col">Return</th>
                <th scope="col">Cool-down</th>
              </tr>
            </thead>
            <tbody>
              {rules.data?.rules.map((rule) => (
                <tr key={rule.name}>
                  <th scope="row">
                    {rule.name} {rule.dryRun && <span className="badge badge-warn">Dry run</span>}
                    {rule.waiting && <span className="badge badge-warn">Waiting</span>}
                    {rule.waiting?.map((one) => (
                      <div className="muted" key={`${one.action} ${one.control} ${one.fingerprint}`}>
                        {one.action} {one.control}
                        {one.startsMillis !== undefined && (
                          <>
                            {' '}
                            at <Moment ms={one.startsMillis} />
                            {one.result === 'failed' ? ' (next attempt)' : ' (after the cool-down)'}
                          </>
                        )}
                      </div>
                    ))}
                    {rule.variables?.map((one) => (
                      <div className="muted" key={one.variable}>
                        holds {one.variable}
                        {one.heldBy !== rule.name && `, set to ${one.value} by rule ${one.heldBy}`}
                      </div>
                    ))}
                    {rule.queryError && <div className="fleet-why">{rule.queryError}</div>}
                  </th>
                  <td>
                    {rule.alert} {rule.status} <LabelChips labels={rule.labels} />
                  </td>
                  <td>
                    {[
                      rule.startControls > 0 ? `starts ${counted(rule.startControls, 'control')}` : '',
                      rule.endControls.length > 0 ? `ends ${rule.endControls.join(', ')}` : '',
                      ...(rule.actions ?? []).map((one) => one.replace('_', ' ')),
                    ]
                      .filter(Boolean)
                      .join(', ')}
                  </td>
                  <td>{returnOf(rule)}</td>
                  <td className="num">{rule.coolDown}</td>
                </tr>
              ))}
              {hubRules.map((rule) => (
                <tr key={`${rule.hub} ${rule.name}`}>
                  <th scope="row">
                    {rule.name} <span className="muted">{rule.hub}</span>
                  </th>
                  <td>
                    {rule.alert ?? `variable ${rule.variable}`} {rule.change}
                  </td>
                  <td>{rule.actions.join(', ')}</td>
                  <td>by another rule</td>
                  <td />
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {variables.length > 0 && (
        <section className="card table-wrap" aria-label="Variables">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Variable</th>
                <th scope="col">Hub</th>
                <th scope="col">Type</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {variables.flatMap((hub) =>
                (hub.variables ?? []).map((one) => (
                  <tr key={`${hub.name} ${one.key}`}>
                    <th scope="row">{one.key}</th>
                    <td>{hub.name}</td>
                    <td>
                      {one.type}
                      {one.manual && ', set manually'}
                    </td>
                    <td className="mono-text">
                      {typeof one.value === 'string' ? one.value : JSON.stringify(one.value)}
                    </td>
                  </tr>
                )),
              )}
            </tbody>
          </table>
        </section>
      )}
      {(hubs.data?.replays ?? []).length > 0 && <Replays replays={hubs.data?.replays ?? []} />}
      {(!none || steps.length > 0) && (
        <>
          <div className="filters">
            <Segmented
              label="Steps"
              value={view}
              choices={[
                { value: 'all', label: 'All steps' },
                { value: 'failed', label: 'Failed' },
                { value: 'held', label: 'Waiting or skipped' },
              ]}
              onChange={setView}
            />
          </div>
          {steps.length === 0 ? (
            <p className="muted">{NONE[view]}</p>
          ) : (
            <section className="card table-wrap" aria-label="Steps">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">Time</th>
                    <th scope="col">Rule</th>
                    <th scope="col">Trigger</th>
                    <th scope="col">Action</th>
                    <th scope="col">Result</th>
                  </tr>
                </thead>
                <tbody>
                  {steps.map((one, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other identity.
                    <tr key={i}>
                      <td>
                        <Moment ms={one.millis} />
                      </td>
                      <td>{one.rule}</td>
                      <td>{one.event}</td>
                      <td>{one.what}</td>
                      <td>
                        <span className={`badge badge-${badgeOf(one.result)}`}>{one.result}</span>
                        {one.startsMillis !== undefined && (
                          <div className="muted">
                            starts <Moment ms={one.startsMillis} />
                          </div>
                        )}
                        {one.error && <div className="fleet-why">{one.error}</div>}
                        {one.detail && <div className="muted">{one.detail}</div>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </>
      )}
    </FleetPage>
  );
}
