import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { useRules } from '../api/queries';
import type { RuleGroup } from '../api/types';
import { Icon } from '../components/icons';
import { Moment } from '../components/moment';
import { Button, Empty, Loading, Notice, SearchField, Select } from '../components/ui';
import { roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import { useRuleFilter } from './alerts-page';
import { HEALTHS, ruleMatches } from './filter';
import { Origin } from './origin';
import { Annotations, Expression, Frame, NothingConfigured, RuleFacts, RuleLabels } from './parts';

const FIRST_GROUPS = 50;
const LANGUAGES = { logs: 'LogQL', traces: 'TraceQL', profiles: 'PromQL' };
const HEALTH_NAMES: Record<string, string> = { ok: 'healthy', err: 'failing', unknown: 'not evaluated yet' };

function Group({
  group,
  found,
  initiallyOpen,
}: {
  group: RuleGroup;
  found: RuleGroup['rules'];
  initiallyOpen: boolean;
}) {
  const [open, setOpen] = useState(initiallyOpen);
  const failing = group.rules.filter((rule) => rule.health === 'err').length;
  const at = Date.parse(group.lastEvaluation ?? '');
  // An evaluation that takes most of its interval will soon miss one.
  const slow = (group.evaluationTime ?? 0) > group.interval * 0.8;
  return (
    <section className="card rule-group">
      <button type="button" className="discovery-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} size={15} />
        <h2>{group.name}</h2>
        <span className="muted">
          {found.length} {found.length === 1 ? 'rule' : 'rules'} · {group.file} · every{' '}
          {roughDuration(group.interval * 1000)}
          {at > 0 && ' · last evaluation '}
          <Moment ms={at} />
          {group.evaluationTime ? ` in ${formatValue(group.evaluationTime, 'seconds', 3)}` : ''}
        </span>
        {group.type && (
          <span
            className="badge"
            title={`${LANGUAGES[group.type]} over ${group.type} of tenant ${group.tenant}`}
          >
            {group.type}
          </span>
        )}
        {failing > 0 && <span className="badge badge-err">{failing} failing</span>}
        {slow && <span className="badge badge-warn">slow</span>}
      </button>
      {open &&
        found.map((rule, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a group may hold a rule twice.
          <div className="rule" key={`${rule.type} ${rule.name} ${rule.query} ${i}`}>
            <span className={`badge badge-${rule.health}`}>{rule.health}</span>
            <div className="rule-text">
              <h3>
                {rule.name} <span className="badge">{rule.type}</span>
              </h3>
              <Expression query={rule.query} type={group.type} />
              <RuleLabels rule={rule} />
              {rule.annotations && <Annotations annotations={rule.annotations} />}
              <RuleFacts rule={rule} />
              {rule.lastError && <Notice kind="error">{rule.lastError}</Notice>}
            </div>
          </div>
        ))}
      {open && <Origin group={group} />}
    </section>
  );
}

export function RulesPage() {
  const rules = useRules();
  const { filter, change, toggle } = useRuleFilter('/rules');
  const [most, setMost] = useState(FIRST_GROUPS);
  const groups = rules.data?.groups ?? [];
  const all = groups.flatMap((group) => group.rules);
  const shown = groups
    .map((group) => ({
      group,
      found: group.rules.filter(
        (rule) =>
          (filter.chosen.size === 0 || filter.chosen.has(rule.health)) &&
          (filter.kind === 'all' || rule.type === filter.kind) &&
          ruleMatches(rule, group, filter.text),
      ),
    }))
    .filter(({ found }) => found.length > 0);
  const count = (health: string) => all.filter((rule) => rule.health === health).length;
  return (
    <Frame
      title="Rules"
      lead={
        groups.length > 0
          ? `${all.length.toLocaleString('en')} rules in ${groups.length} group${groups.length === 1 ? '' : 's'}`
          : undefined
      }
    >
      {rules.error && <ErrorNotice error={rules.error} />}
      {rules.isPending && <Loading label="Loading rules" />}
      {rules.data && groups.length === 0 && <NothingConfigured what="rules" />}
      {groups.length > 0 && (
        <>
          <div className="filters">
            <div className="pills" role="group" aria-label="Health">
              {HEALTHS.filter((health) => health === 'ok' || count(health) > 0).map((health) => (
                <button
                  key={health}
                  type="button"
                  className="pill"
                  aria-pressed={filter.chosen.has(health)}
                  onClick={() => toggle(health)}
                >
                  {HEALTH_NAMES[health]} <span className="pill-count">{count(health)}</span>
                </button>
              ))}
            </div>
            <span className="filter-fields">
              <Select
                label="Kind"
                hideLabel
                value={filter.kind}
                choices={[
                  { value: 'all', label: 'All rules' },
                  { value: 'alerting', label: 'Alerting' },
                  { value: 'recording', label: 'Recording' },
                ]}
                onChange={(kind) => change({ kind })}
              />
              <SearchField label="Search rules" value={filter.text} onChange={(text) => change({ text })} />
            </span>
          </div>
          {shown.length === 0 && <Empty icon="search" title="No rule matches" />}
          {shown.slice(0, most).map(({ group, found }) => (
            <Group
              key={`${group.file} ${group.name}`}
              group={group}
              found={found}
              initiallyOpen={shown.length <= 5 || found.some((rule) => rule.health === 'err')}
            />
          ))}
          {shown.length > most && (
            <Button look="ghost" onClick={() => setMost(most * 4)}>
              {`Show more of ${shown.length.toLocaleString('en')} groups`}
            </Button>
          )}
        </>
      )}
    </Frame>
  );
}
