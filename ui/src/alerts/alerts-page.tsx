import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { useConfig, useRules } from '../api/queries';
import type { AlertInstance, Rule, RuleGroup } from '../api/types';
import { Icon } from '../components/icons';
import { Empty, LabelChips, Loading, Notice, PageHead, SearchField } from '../components/ui';
import { formatAgo, roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import { configuredRules } from './configured';

const STATES = ['firing', 'pending', 'inactive'] as const;

export function AlertTabs() {
  return (
    <nav className="tabs" aria-label="Alerts">
      <Link to="/alerts" className="tab" activeProps={{ 'aria-current': 'page' }}>
        Alerts
      </Link>
      <Link to="/rules" className="tab" activeProps={{ 'aria-current': 'page' }}>
        Rules
      </Link>
    </nav>
  );
}

/** Says what the configuration holds, so that "none" can be told from "not loaded". */
function NothingConfigured({ what }: { what: 'alerts' | 'rules' }) {
  const config = useConfig();
  const { ruleFiles, alertmanagers } = configuredRules(config.data?.data.yaml ?? '');
  const actions = (
    <Link to="/status/$tab" params={{ tab: 'config' }} className="button button-plain">
      See the configuration
    </Link>
  );
  const managers =
    alertmanagers > 0
      ? `${alertmanagers} Alertmanager entr${alertmanagers === 1 ? 'y is' : 'ies are'} configured.`
      : 'No Alertmanager is configured.';
  if (ruleFiles.length === 0) {
    return (
      <Empty
        icon="alerts"
        title={what === 'alerts' ? 'No alerting rules are configured' : 'No rules are configured'}
        actions={actions}
      >
        The configuration lists no <code>rule_files</code>. {managers}
      </Empty>
    );
  }
  return (
    <Empty
      icon="alerts"
      title={what === 'alerts' ? 'No alerting rules are loaded' : 'No rules are loaded'}
      actions={actions}
    >
      The configuration lists {ruleFiles.length === 1 ? 'this rule file' : 'these rule files'}, but the server
      reports no
      {what === 'alerts' ? ' alerting' : ''} rules from {ruleFiles.length === 1 ? 'it' : 'them'}:
      <span className="code-block">{ruleFiles.join('\n')}</span>
      {managers}
    </Empty>
  );
}

function Expression({ query }: { query: string }) {
  return (
    <Link
      to="/query"
      search={{ 'g0.expr': query, 'g0.tab': 'graph' } as never}
      className="rule-query mono-text"
    >
      {query}
    </Link>
  );
}

function Instance({ alert }: { alert: AlertInstance }) {
  const since = Date.parse(alert.activeAt);
  return (
    <div className="alert-instance">
      <span className={`badge badge-${alert.state}`}>{alert.state}</span>
      <div className="alert-instance-text">
        <LabelChips labels={alert.labels} omit={['alertname']} />
        {Object.entries(alert.annotations).map(([name, text]) => (
          <p key={name}>
            <span className="muted">{name}</span>{' '}
            {/^https?:\/\/\S+$/.test(text) ? (
              <a href={text} target="_blank" rel="noreferrer">
                {text}
              </a>
            ) : (
              text
            )}
          </p>
        ))}
      </div>
      <span className="muted num">
        {Number.isNaN(since) ? '' : formatAgo(since, Date.now())}
        <br />
        value {formatValue(Number(alert.value), 'none')}
      </span>
    </div>
  );
}

function RuleFacts({ rule }: { rule: Rule }) {
  const facts: string[] = [];
  if (rule.duration) facts.push(`for ${roughDuration(rule.duration * 1000)}`);
  if (rule.keepFiringFor) facts.push(`keeps firing for ${roughDuration(rule.keepFiringFor * 1000)}`);
  const at = Date.parse(rule.lastEvaluation ?? '');
  if (at > 0)
    facts.push(
      `evaluated ${formatAgo(at, Date.now())}${rule.evaluationTime ? ` in ${formatValue(rule.evaluationTime, 'seconds', 3)}` : ''}`,
    );
  return <p className="muted rule-facts">{facts.join(' · ')}</p>;
}

function AlertRule({ rule, group }: { rule: Rule; group: RuleGroup }) {
  const alerts = rule.alerts ?? [];
  const [open, setOpen] = useState(alerts.length > 0);
  const state = rule.state ?? 'inactive';
  return (
    <section className={`card alert-rule alert-${state}`}>
      <button type="button" className="discovery-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} size={15} />
        <span className={`badge badge-${state}`}>{state}</span>
        <h2>{rule.name}</h2>
        <span className="muted">
          {alerts.length > 0 ? `${alerts.length} active · ` : ''}
          {group.name}
        </span>
      </button>
      {open && (
        <div className="alert-body">
          <Expression query={rule.query} />
          <RuleFacts rule={rule} />
          {rule.lastError && <Notice kind="error">{rule.lastError}</Notice>}
          {alerts.map((alert) => (
            <Instance key={JSON.stringify(alert.labels)} alert={alert} />
          ))}
        </div>
      )}
    </section>
  );
}

function Frame({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <div className="page">
      <PageHead title={title} lead={lead}>
        <AlertTabs />
      </PageHead>
      {children}
    </div>
  );
}

export function AlertsPage() {
  const rules = useRules();
  const [text, setText] = useState('');
  const [states, setStates] = useState<ReadonlySet<string>>(new Set());
  const groups = rules.data?.groups ?? [];
  const all = groups.flatMap((group) =>
    group.rules.filter((rule) => rule.type === 'alerting').map((rule) => ({ group, rule })),
  );
  const rank = (state: string | undefined) =>
    STATES.indexOf((state ?? 'inactive') as (typeof STATES)[number]);
  const shown = all
    .filter(({ rule }) => states.size === 0 || states.has(rule.state ?? 'inactive'))
    .filter(({ rule, group }) =>
      `${rule.name} ${group.name} ${rule.query} ${JSON.stringify(rule.labels ?? {})}`
        .toLowerCase()
        .includes(text.toLowerCase()),
    )
    .sort((a, b) => rank(a.rule.state) - rank(b.rule.state) || a.rule.name.localeCompare(b.rule.name));
  const count = (state: string) => all.filter(({ rule }) => (rule.state ?? 'inactive') === state).length;
  const toggle = (state: string) => {
    const next = new Set(states);
    if (!next.delete(state)) next.add(state);
    setStates(next);
  };
  return (
    <Frame
      title="Alerts"
      lead={
        all.length > 0
          ? `${count('firing')} firing, ${count('pending')} pending, ${count('inactive')} quiet`
          : undefined
      }
    >
      {rules.error && <ErrorNotice error={rules.error} />}
      {rules.isPending && <Loading label="Reading rules" />}
      {rules.data && all.length === 0 && <NothingConfigured what="alerts" />}
      {all.length > 0 && (
        <>
          <div className="filters">
            <div className="pills" role="group" aria-label="State">
              {STATES.map((state) => (
                <button
                  key={state}
                  type="button"
                  className="pill"
                  aria-pressed={states.has(state)}
                  onClick={() => toggle(state)}
                >
                  {state} <span className="pill-count">{count(state)}</span>
                </button>
              ))}
            </div>
            <SearchField label="Search alerts" value={text} onChange={setText} />
          </div>
          {shown.length === 0 && <Empty icon="search" title="No alert matches" />}
          {shown.map(({ rule, group }) => (
            <AlertRule
              key={`${group.file} ${group.name} ${rule.name} ${rule.query}`}
              rule={rule}
              group={group}
            />
          ))}
        </>
      )}
    </Frame>
  );
}

export function RulesPage() {
  const rules = useRules();
  const groups = rules.data?.groups ?? [];
  return (
    <Frame
      title="Rules"
      lead={
        groups.length > 0
          ? `${groups.reduce((n, g) => n + g.rules.length, 0)} rules in ${groups.length} group${groups.length === 1 ? '' : 's'}`
          : undefined
      }
    >
      {rules.error && <ErrorNotice error={rules.error} />}
      {rules.isPending && <Loading label="Reading rules" />}
      {rules.data && groups.length === 0 && <NothingConfigured what="rules" />}
      {groups.map((group) => (
        <section className="card rule-group" key={`${group.file} ${group.name}`}>
          <header className="table-title">
            <h2>{group.name}</h2>
            <p className="muted">
              {group.file} · every {roughDuration(group.interval * 1000)}
              {group.evaluationTime ? ` · took ${formatValue(group.evaluationTime, 'seconds', 3)}` : ''}
            </p>
          </header>
          {group.rules.map((rule) => (
            <div className="rule" key={`${rule.type} ${rule.name} ${rule.query}`}>
              <span className={`badge badge-${rule.health}`}>{rule.health}</span>
              <div className="rule-text">
                <h3>
                  {rule.name} <span className="badge">{rule.type}</span>
                </h3>
                <Expression query={rule.query} />
                <RuleFacts rule={rule} />
                {rule.lastError && <Notice kind="error">{rule.lastError}</Notice>}
              </div>
            </div>
          ))}
        </section>
      ))}
    </Frame>
  );
}
