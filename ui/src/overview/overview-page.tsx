/** Causes of what fails now, firing alerts, faults of this server, recent changes and error lines. */
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { useMatching, useReceiverDeliveries } from '../alertmanager/api';
import type { Matcher } from '../alertmanager/matchers';
import { useDeliveries } from '../alerts/deliveries-query';
import { useNotifications, useRules, useRuntimeInfo, useTargets, useVector } from '../api/queries';
import type { InstantResult, RuleGroup } from '../api/types';
import { has } from '../app/parts';
import { Moment } from '../components/moment';
import { Empty, Loading, PageHead } from '../components/ui';
import { useVector as useLogVector, usePatterns } from '../explore/logs/api';
import { hasWord, patternRows } from '../explore/logs/patterns';
import { useObjectives, useProblems, useWorld } from '../insight/api';
import type { Change } from '../insight/changes';
import { ChangeText } from '../insight/problem-list';
import { useChanges } from '../insight/use-changes';
import { counted, formatValue } from '../lib/units';
import { usePipelines } from '../pipelines/api';
import { useStorage } from '../status/use-storage';
import { Causes } from './causes';
import {
  deliveryFaults,
  ERROR_LEVELS,
  type ErrorRate,
  errorQuery,
  errorRates,
  type Fault,
  firingFaults,
  hasRisen,
  pipelineFaults,
  receiverFaults,
  ruleFaults,
  serverFaults,
  sorted,
  storeFaults,
  targetFaults,
} from './faults';
import { Objectives } from './objectives';
import '../insight/insight.css';
import './overview.css';

const MAX_FAULTS = 30;
const MAX_CHANGES = 12;
const MAX_PATTERNS = 5;
const QUARTER_MS = 15 * 60_000;
/** How often logs are counted. */
const LOGS_EVERY_MS = 60_000;
const EVERYTHING = '{service_name=~".+"}';
const ERRORS = `${EVERYTHING} | detected_level=~"${ERROR_LEVELS}"`;
const NO_GROUPS: RuleGroup[] = [];
const NO_MATCHERS: Matcher[] = [];

/** A time that moves on each minute: logs are counted up to it. */
function useMinute(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOGS_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const vector = (answer: InstantResult) => (answer.resultType === 'vector' ? answer.result : []);

function useErrorRates(now: number): { rates: ErrorRate[]; error: unknown } {
  const by = (window: string) => `sum by (service_name) (count_over_time(${ERRORS} ${window}))`;
  const recent = useLogVector(by('[15m]'), now, 0);
  const before = useLogVector(by('[1h] offset 15m'), now, 0);
  const recentData = recent.data;
  const beforeData = before.data;
  const rates = useMemo(
    () => (recentData && beforeData ? errorRates(vector(recentData), vector(beforeData)) : []),
    [recentData, beforeData],
  );
  return { rates, error: recent.error ?? before.error };
}

/** Patterns of error lines that the hour before did not have. */
function useNewPatterns(now: number, enabled: boolean) {
  const recent = usePatterns(ERRORS, { start: now - QUARTER_MS, end: now }, 60_000, 0, enabled);
  const before = usePatterns(
    ERRORS,
    { start: now - 5 * QUARTER_MS, end: now - QUARTER_MS },
    60_000,
    0,
    enabled && (recent.data?.items.length ?? 0) > 0,
  );
  return useMemo(
    () =>
      recent.data && before.data
        ? patternRows(recent.data.items, before.data.items, now - QUARTER_MS, now)
            .filter((row) => row.newSince !== null && hasWord(row.pattern))
            .slice(0, MAX_PATTERNS)
        : [],
    [recent.data, before.data, now],
  );
}

const WORDS = { critical: 'failing', warning: 'warning', info: 'info' } as const;
const BADGES = { critical: 'err', warning: 'warn', info: 'none' } as const;

function FaultRow({ fault }: { fault: Fault }) {
  return (
    <li className={`problem problem-${fault.severity}`}>
      <span className={`badge badge-${BADGES[fault.severity]}`}>{WORDS[fault.severity]}</span>
      <div className="problem-text">
        <Link to={fault.to} search={(fault.search ?? {}) as never} className="problem-title">
          {fault.title}
        </Link>
        {fault.detail && <p className="muted">{fault.detail}</p>}
      </div>
      {!Number.isNaN(fault.since) && (
        <span className="muted num">
          since <Moment ms={fault.since} />
        </span>
      )}
    </li>
  );
}

/** Left out while there is none: the page is quiet then. */
function Faults({ title, faults }: { title: string; faults: Fault[] }) {
  if (faults.length === 0) return null;
  return (
    <section className="card overview-card" aria-label={title}>
      <h2>{title}</h2>
      <ul className="problems">
        {faults.slice(0, MAX_FAULTS).map((fault) => (
          <FaultRow key={fault.key} fault={fault} />
        ))}
      </ul>
      {faults.length > MAX_FAULTS && (
        <p className="muted">{(faults.length - MAX_FAULTS).toLocaleString('en')} more</p>
      )}
    </section>
  );
}

function Changes({ all }: { all: Change[] }) {
  return (
    <section className="card overview-card">
      <h2>Changes in the last hour</h2>
      {all.length === 0 ? (
        <p className="muted">No restarts, deployments, lost targets or resolved alerts seen</p>
      ) : (
        <ul className="changes">
          {all.slice(0, MAX_CHANGES).map((change) => (
            <li key={change.key}>
              <ChangeText change={change} />
            </li>
          ))}
        </ul>
      )}
      {all.length > MAX_CHANGES && (
        <p className="muted">{(all.length - MAX_CHANGES).toLocaleString('en')} more</p>
      )}
    </section>
  );
}

function LogErrors({ rates, patterns }: { rates: ErrorRate[]; patterns: ReturnType<typeof useNewPatterns> }) {
  const shown = rates.filter((rate) => rate.now > 0).slice(0, 8);
  return (
    <section className="card overview-card">
      <h2>Error lines</h2>
      {shown.length === 0 ? (
        <p className="muted">No error lines in the last 15 min</p>
      ) : (
        <table className="table overview-errors">
          <thead>
            <tr>
              <th>Service</th>
              <th className="num">Last 15 min</th>
              <th className="num">Previous hour, per 15 min</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((rate) => (
              <tr key={rate.service}>
                <td>
                  <Link to="/explore/logs" search={{ query: errorQuery(rate.service) } as never}>
                    {rate.service}
                  </Link>
                </td>
                <td className={hasRisen(rate) ? 'num pool-bad' : 'num'}>{rate.now.toLocaleString('en')}</td>
                <td className="num">{Math.round(rate.before).toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {patterns.length > 0 && (
        <>
          <h3>New patterns</h3>
          <ul className="changes">
            {patterns.map((row) => (
              <li key={row.pattern}>
                <Link
                  to="/explore/logs"
                  search={{ query: `${EVERYTHING} |> ${JSON.stringify(row.pattern)}` } as never}
                  className="mono-text"
                >
                  {row.pattern}
                </Link>{' '}
                <span className="muted num">
                  {row.count.toLocaleString('en')} since <Moment ms={row.newSince ?? 0} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Figure({ name, value, to }: { name: string; value: string; to: string }) {
  return (
    <Link to={to} className="figure">
      <span className="figure-value">{value}</span>
      <span className="muted">{name}</span>
    </Link>
  );
}

/** The only value of an expression; NaN while unknown. */
function useNumber(expr: string): number {
  const item = useVector(expr, 15_000).data?.[0];
  return item?.value ? Number(item.value[1]) : Number.NaN;
}

/** Volumes of what comes in; rates over five minutes. */
function Volumes({ up, all }: { up: number; all: number }) {
  const series = useNumber('sum(prometheus_tsdb_head_series)');
  const samples = useNumber('sum(rate(prometheus_tsdb_head_samples_appended_total[5m]))');
  const known = (n: number, text: (n: number) => string) => (Number.isNaN(n) ? '–' : text(n));
  return (
    <section className="figures" aria-label="Volumes">
      <Figure
        name="targets up"
        value={`${up.toLocaleString('en')} of ${all.toLocaleString('en')}`}
        to="/targets"
      />
      <Figure
        name="active series"
        value={known(series, (n) => formatValue(n, 'none'))}
        to="/status/cardinality"
      />
      <Figure
        name="samples/s (5 min)"
        value={known(samples, (n) => formatValue(n, 'none', 3))}
        to="/status/storage"
      />
    </section>
  );
}

export function OverviewPage() {
  const problems = useProblems();
  const world = useWorld().data;
  const objectives = useObjectives();
  const rules = useRules();
  const targets = useTargets();
  const notifications = useNotifications(true);
  const runtime = useRuntimeInfo();
  const storage = useStorage();
  const deliveries = useDeliveries();
  const manager = has('alertmanager');
  const receivers = useReceiverDeliveries(manager);
  const received = useMatching(NO_MATCHERS, manager, 15_000);
  const pipelines = usePipelines(has('pipelines'));
  const now = useMinute();
  const { rates, error: noLogs } = useErrorRates(now);
  const patterns = useNewPatterns(
    now,
    rates.some((rate) => rate.now > 0),
  );
  const changes = useChanges('1h', world);
  const active = targets.data?.data.activeTargets ?? [];
  const groups = rules.data?.groups ?? NO_GROUPS;
  const alerts = sorted(firingFaults(groups));
  const faults = sorted([
    ...targetFaults(active),
    ...ruleFaults(groups),
    ...pipelineFaults(pipelines.data?.nodes ?? []),
    ...deliveryFaults(deliveries.data?.data.alertmanagers ?? []),
    ...receiverFaults(receivers.data ?? []),
    ...storeFaults(storage.data?.data.stores ?? [], now),
    ...serverFaults(notifications, runtime.data?.data),
  ]);
  const failed = rules.error ?? targets.error;
  const counts = [
    problems.data && problems.data.problems.length > 0 && counted(problems.data.problems.length, 'problem'),
    alerts.length > 0 && counted(alerts.length, 'firing rule'),
    faults.length > 0 && counted(faults.length, 'fault'),
  ].filter(Boolean);
  return (
    <div className="page">
      <PageHead title="Overview" lead={counts.length > 0 ? counts.join(' · ') : undefined} />
      {failed !== null && (
        <Empty icon="warning" title="Alerts and targets could not be read">
          {failed.message}
        </Empty>
      )}
      <Causes
        answer={problems.data}
        error={problems.error}
        world={world}
        changes={changes}
        groups={groups}
        received={received.data}
        deliveries={receivers.data}
      />
      {failed === null && (rules.isPending || targets.isPending) && <Loading label="Loading alerts" />}
      {rules.data && targets.data && (
        <>
          <Faults title="Firing alerts" faults={alerts} />
          <Faults title="Collection and storage" faults={faults} />
          <Objectives answer={objectives.data} />
          <Volumes up={active.filter((one) => one.health === 'up').length} all={active.length} />
          <div className="overview-columns">
            <Changes all={changes} />
            {!noLogs && <LogErrors rates={rates} patterns={patterns} />}
          </div>
        </>
      )}
    </div>
  );
}
