/** What the pages on alerts and rules share. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useConfig } from '../api/queries';
import type { LabelSet, Rule } from '../api/types';
import { PageTabs } from '../app/page-tabs';
import { has } from '../app/parts';
import { useMoment } from '../components/moment';
import { Empty, LabelChips, PageHead } from '../components/ui';
import { roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import { configuredRules } from './configured';

/** Says what the configuration holds, so that "none" can be told from "not loaded". */
export function NothingConfigured({ what }: { what: 'alerts' | 'rules' }) {
  const config = useConfig();
  const { ruleFiles, alertmanagers } = configuredRules(config.data?.data.yaml ?? '');
  const actions = (
    <Link to="/status/$tab" params={{ tab: 'config' }} className="button button-plain">
      View configuration
    </Link>
  );
  const managers =
    alertmanagers > 0
      ? `${alertmanagers} Alertmanager entr${alertmanagers === 1 ? 'y is' : 'ies are'} configured.`
      : has('alertmanager')
        ? 'Alerts are sent to the embedded Alertmanager.'
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

/** Query of a rule, with a link to the page of its language. */
export function Expression({ query, type }: { query: string; type?: 'logs' | 'traces' | 'profiles' }) {
  if (type) {
    return (
      <Link
        to={`/explore/${type}`}
        search={(type === 'profiles' ? {} : { query }) as never}
        className="rule-query mono-text"
      >
        {query}
      </Link>
    );
  }
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

export function RuleFacts({ rule }: { rule: Rule }) {
  const moment = useMoment();
  const facts: string[] = [];
  if (rule.duration) facts.push(`for ${roughDuration(rule.duration * 1000)}`);
  if (rule.keepFiringFor) facts.push(`keeps firing for ${roughDuration(rule.keepFiringFor * 1000)}`);
  const at = Date.parse(rule.lastEvaluation ?? '');
  if (at > 0)
    facts.push(
      `last evaluation ${moment(at)}${rule.evaluationTime ? ` in ${formatValue(rule.evaluationTime, 'seconds', 3)}` : ''}`,
    );
  return <p className="muted rule-facts">{facts.join(' · ')}</p>;
}

export function Frame({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <div className="page">
      <PageHead title={title} lead={lead}>
        <PageTabs />
      </PageHead>
      {children}
    </div>
  );
}

/** Annotations as texts; addresses become links. */
export function Annotations({ annotations }: { annotations: LabelSet }) {
  return Object.entries(annotations).map(([name, text]) => (
    <p key={name} className="annotation">
      <span className="muted">{name}</span>{' '}
      {/^https?:\/\/\S+$/.test(text) ? (
        <a href={text} target="_blank" rel="noreferrer">
          {text}
        </a>
      ) : (
        text
      )}
    </p>
  ));
}

/** What a rule adds to its results. */
export function RuleLabels({ rule }: { rule: Rule }) {
  return rule.labels && Object.keys(rule.labels).length > 0 ? <LabelChips labels={rule.labels} /> : null;
}
