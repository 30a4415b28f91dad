import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { type Alert as ReceivedAlert, useMatching } from '../alertmanager/api';
import { ErrorNotice } from '../api/errors';
import { useRules } from '../api/queries';
import type { AlertInstance, Rule, RuleGroup } from '../api/types';
import { has } from '../app/parts';
import { Icon } from '../components/icons';
import { Moment } from '../components/moment';
import { Button, Empty, LabelChips, Loading, Notice, SearchField } from '../components/ui';
import { formatValue } from '../lib/units';
import { type RuleFilter, readRuleFilter, ruleMatches, STATES, writeRuleFilter } from './filter';
import { Origin } from './origin';
import { Annotations, Expression, Frame, NothingConfigured, RuleFacts, RuleLabels } from './parts';
import { Received } from './received';
import { type ReceivedAlerts, receivedAlerts, receivedOf } from './received-alerts';
import { Timeline } from './timeline';
import { byUrgency, mostUrgent } from './urgency';

const FIRST_INSTANCES = 20;
const FIRST_RULES = 200;

function Instance(props: {
  alert: AlertInstance;
  rule: Rule;
  /** As the embedded Alertmanager has it; null while it does not have it. */
  received: ReceivedAlert | null;
}) {
  const { alert, rule, received } = props;
  const since = Date.parse(alert.activeAt);
  const [history, setHistory] = useState(false);
  // What the rule says of every alert stands above already.
  const omit = [
    'alertname',
    ...Object.keys(rule.labels ?? {}).filter((n) => rule.labels?.[n] === alert.labels[n]),
  ];
  return (
    <div className="alert-instance">
      <span className={`badge badge-${alert.state}`}>{alert.state}</span>
      <div className="alert-instance-text">
        <LabelChips labels={alert.labels} omit={omit} />
        <Annotations annotations={alert.annotations} />
        {has('alertmanager') && alert.state === 'firing' && <Received alert={received} />}
        {history && <Timeline labels={alert.labels} />}
      </div>
      <span className="muted num">
        since <Moment ms={since} />
        <br />
        value {formatValue(Number(alert.value), 'none')}
        <br />
        <button
          type="button"
          className="button button-ghost"
          aria-expanded={history}
          onClick={() => setHistory(!history)}
        >
          History
        </button>
      </span>
    </div>
  );
}

const urgent = (alert: AlertInstance) => ({ labels: alert.labels, since: Date.parse(alert.activeAt) });

/** Firing alerts first, then by severity and age. */
const sorted = (rule: Rule): AlertInstance[] =>
  [...(rule.alerts ?? [])].sort(
    (a, b) => Number(b.state === 'firing') - Number(a.state === 'firing') || byUrgency(urgent(a), urgent(b)),
  );

/** The alert of a rule by which the rule is sorted. */
const first = (rule: Rule) => mostUrgent(sorted(rule).map(urgent), rule.labels ?? {});

function AlertRule(props: { rule: Rule; group: RuleGroup; received: ReceivedAlerts }) {
  const { rule, group, received } = props;
  const alerts = sorted(rule);
  const [open, setOpen] = useState(alerts.length > 0);
  const [all, setAll] = useState(false);
  const state = rule.state ?? 'inactive';
  const shown = all ? alerts : alerts.slice(0, FIRST_INSTANCES);
  const summary = rule.annotations?.summary;
  return (
    <section className={`card alert-rule alert-${state}`}>
      <button type="button" className="discovery-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} size={15} />
        <span className={`badge badge-${state}`}>{state}</span>
        <h2>{rule.name}</h2>
        <span className="muted">
          {alerts.length > 0 ? `${alerts.length.toLocaleString('en')} active · ` : ''}
          {group.name}
        </span>
        {rule.health === 'err' && <span className="badge badge-err">evaluation fails</span>}
      </button>
      {open && (
        <div className="alert-body">
          {alerts.length === 0 && summary && <p>{summary}</p>}
          <Expression query={rule.query} type={group.type} />
          <RuleLabels rule={rule} />
          <RuleFacts rule={rule} />
          {rule.lastError && <Notice kind="error">{rule.lastError}</Notice>}
          <Origin group={group} />
          {shown.map((alert) => (
            <Instance
              key={JSON.stringify(alert.labels)}
              alert={alert}
              rule={rule}
              received={receivedOf(received, alert.labels)}
            />
          ))}
          {alerts.length > shown.length && (
            <Button look="ghost" onClick={() => setAll(true)}>
              {`Show all ${alerts.length.toLocaleString('en')}`}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

/** The filter of the address, and how to change it. */
export function useRuleFilter(page: '/alerts' | '/rules') {
  const filter = readRuleFilter(useSearch({ strict: false }) as Record<string, string>);
  const navigate = useNavigate();
  const change = (patch: Partial<RuleFilter>) =>
    void navigate({
      to: page,
      search: writeRuleFilter({ ...filter, ...patch }) as never,
      replace: true,
      resetScroll: false,
    });
  const toggle = (word: string) => {
    const chosen = new Set(filter.chosen);
    if (!chosen.delete(word)) chosen.add(word);
    change({ chosen });
  };
  return { filter, change, toggle };
}

export function AlertsPage() {
  const rules = useRules();
  const matching = useMatching([], has('alertmanager'));
  const received = useMemo(() => receivedAlerts(matching.data ?? []), [matching.data]);
  const { filter, change, toggle } = useRuleFilter('/alerts');
  const [most, setMost] = useState(FIRST_RULES);
  const all = (rules.data?.groups ?? []).flatMap((group) =>
    group.rules.filter((rule) => rule.type === 'alerting').map((rule) => ({ group, rule })),
  );
  const rank = (state: string | undefined) =>
    STATES.indexOf((state ?? 'inactive') as (typeof STATES)[number]);
  const shown = all
    .filter(({ rule }) => filter.chosen.size === 0 || filter.chosen.has(rule.state ?? 'inactive'))
    .filter(({ rule, group }) => ruleMatches(rule, group, filter.text))
    .sort(
      (a, b) =>
        rank(a.rule.state) - rank(b.rule.state) ||
        byUrgency(first(a.rule), first(b.rule)) ||
        a.rule.name.localeCompare(b.rule.name),
    );
  // Alerts are counted as everywhere; a rule without alerts counts once, by its own state.
  const count = (state: string) =>
    all.reduce((sum, { rule }) => {
      const own = (rule.alerts ?? []).filter((alert) => alert.state === state).length;
      return sum + (own > 0 || rule.alerts?.length ? own : Number((rule.state ?? 'inactive') === state));
    }, 0);
  return (
    <Frame
      title="Alerts"
      lead={
        all.length > 0
          ? `${count('firing')} firing, ${count('pending')} pending alerts of ${all.length.toLocaleString('en')} rules`
          : undefined
      }
    >
      {rules.error && <ErrorNotice error={rules.error} />}
      {rules.isPending && <Loading label="Loading rules" />}
      {rules.data && all.length === 0 && <NothingConfigured what="alerts" />}
      {all.length > 0 && (
        <>
          <div className="filters">
            <div className="pills" role="group" aria-label="State">
              {STATES.filter((state) => state !== 'unknown' || count(state) > 0).map((state) => (
                <button
                  key={state}
                  type="button"
                  className="pill"
                  aria-pressed={filter.chosen.has(state)}
                  onClick={() => toggle(state)}
                >
                  {state} <span className="pill-count">{count(state)}</span>
                </button>
              ))}
            </div>
            <SearchField label="Search alerts" value={filter.text} onChange={(text) => change({ text })} />
          </div>
          {shown.length === 0 && <Empty icon="search" title="No alert matches" />}
          {shown.slice(0, most).map(({ rule, group }) => (
            <AlertRule
              key={`${group.file} ${group.name} ${rule.name} ${rule.query}`}
              rule={rule}
              group={group}
              received={received}
            />
          ))}
          {shown.length > most && (
            <Button look="ghost" onClick={() => setMost(most * 4)}>
              {`Show more of ${shown.length.toLocaleString('en')} alerts`}
            </Button>
          )}
        </>
      )}
    </Frame>
  );
}
