/** Services → List: health, requests, errors, durations, objectives, owner and last change of every service. */
import { useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { TimePicker } from '../components/time-picker';
import { Loading, PageHead, SearchField, Select } from '../components/ui';
import { reasonOf, useHealth, useObjectives, useWorld } from '../insight/api';
import { lastChanges } from '../insight/changes';
import { Ago, ObjectiveBadge, StatusBadge, shareText } from '../insight/parts';
import { useChanges } from '../insight/use-changes';
import { changeRange } from '../insight/use-insight';
import { spellDuration } from '../lib/time';
import { useServices, useSparks } from './api';
import { NoServices } from './empty';
import { ErrorShare, LineSpark, rateText, ServiceLink, Sparkline, secondsText } from './parts';
import { filteredRows, type RowSort, type ServiceRow, serviceRows, sortedRows, valuesOf } from './rows';
import { useServicesState } from './state';
import '../insight/insight.css';
import './services.css';

const NONE: (number | null)[] = [];

const COLUMNS: { key: RowSort; name: string; num?: boolean; spark?: string }[] = [
  { key: 'name', name: 'Service' },
  { key: 'status', name: 'Status' },
  { key: 'rate', name: 'Rate', num: true },
  { key: 'errors', name: 'Errors', num: true, spark: 'Requests' },
  { key: 'p50', name: 'p50', num: true },
  { key: 'p95', name: 'p95', num: true },
  { key: 'p99', name: 'p99', num: true, spark: 'Duration' },
  { key: 'objective', name: 'Objective' },
  { key: 'team', name: 'Owner' },
  { key: 'changed', name: 'Changed' },
];

const ASCENDING = new Set<RowSort>(['name', 'team']);

const ATTRIBUTES = [
  ['namespace', 'Namespace'],
  ['category', 'Category'],
  ['team', 'Team'],
] as const;

export function ServicesPage() {
  const state = useServicesState('/services');
  const search = useSearch({ strict: false }) as Record<string, string>;
  const { end, start, window, attempt } = state;
  const services = useServices(end, window, attempt);
  const sparks = useSparks(start, end, window, attempt);
  const world = useWorld();
  const health = useHealth();
  const objectives = useObjectives();
  const changes = useChanges(changeRange(state.time.range), world.data);
  const [sort, setSort] = useState<RowSort>('status');
  const all = useMemo(
    () =>
      services.data
        ? serviceRows(services.data, {
            index: world.data,
            health: health.data,
            objectives: objectives.data,
            changes: lastChanges(changes),
          })
        : null,
    [services.data, world.data, health.data, objectives.data, changes],
  );
  const { namespace = '', category = '', team = '' } = search;
  const rows = useMemo(
    () => sortedRows(filteredRows(all ?? [], { text: state.filter, namespace, category, team }), sort),
    [all, state.filter, namespace, category, team, sort],
  );
  return (
    <div className="page">
      <PageHead title="Services" lead={`Requests of servers and consumers, means over ${window}.`}>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={services.isFetching || sparks.isFetching}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
      </PageHead>
      <PageTabs />
      {services.error ? (
        <ErrorNotice error={services.error} />
      ) : !all ? (
        <Loading label="Loading services" />
      ) : all.length === 0 ? (
        <NoServices range={`the last ${spellDuration(Math.min(300_000, state.time.range))}`} />
      ) : (
        <section className="panel" aria-label="Services">
          <div className="panel-tools">
            <SearchField label="Filter services" value={state.filter} onChange={state.setFilter} />
            {ATTRIBUTES.map(([name, label]) => {
              const values = valuesOf(all, name);
              const chosen = search[name] ?? '';
              if (values.length === 0 && chosen === '') return null;
              return (
                <Select
                  key={name}
                  label={label}
                  hideLabel
                  value={chosen}
                  choices={[
                    { value: '', label: `${label}: all` },
                    ...[...new Set([...values, ...(chosen ? [chosen] : [])])].map((value) => ({
                      value,
                      label: value,
                    })),
                  ]}
                  onChange={(value) => state.setParams({ [name]: value })}
                />
              );
            })}
            <span className="muted" role="status">
              {rows.length === all.length
                ? `${all.length} services`
                : `${rows.length} of ${all.length} services`}
            </span>
          </div>
          {health.error !== null && !health.data && (
            <p className="muted">{reasonOf(health.error, 'Inspections')} Status is that of requests alone.</p>
          )}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <div className="table-scroll" role="region" aria-label="Service list" tabIndex={0}>
            <table className="table services-table">
              <thead>
                <tr>
                  {COLUMNS.map(({ key, name, num, spark }) => {
                    const ascends = ASCENDING.has(key);
                    return [
                      <th
                        key={key}
                        scope="col"
                        className={num ? 'num' : undefined}
                        aria-sort={sort !== key ? undefined : ascends ? 'ascending' : 'descending'}
                      >
                        <button type="button" className="sort" onClick={() => setSort(key)}>
                          {name} <span className="sort-mark">{sort !== key ? '' : ascends ? '↑' : '↓'}</span>
                        </button>
                      </th>,
                      spark && (
                        <th key={spark} scope="col">
                          {spark}
                        </th>
                      ),
                    ];
                  })}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <Row
                    key={row.entity?.id ?? row.name}
                    row={row}
                    carried={state.carried}
                    rate={sparks.data?.rate.get(row.name) ?? NONE}
                    errors={sparks.data?.errors.get(row.name) ?? NONE}
                    duration={sparks.data?.duration.get(row.name) ?? NONE}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </div>
  );
}

function Row({
  row,
  carried,
  rate,
  errors,
  duration,
}: {
  row: ServiceRow;
  carried: Record<string, string>;
  rate: (number | null)[];
  errors: (number | null)[];
  duration: (number | null)[];
}) {
  return (
    <tr>
      <td>
        <ServiceLink {...row} carried={carried} className="trace-link" />
        {row.namespace && <span className="services-namespace muted">{row.namespace}</span>}
      </td>
      <td>
        {row.status === 'no requests' ? (
          <span className="badge" title="No requests to this service were observed">
            no requests
          </span>
        ) : (
          <StatusBadge
            status={row.status}
            title="Worst of the inspections and of requests: failing above 5 % errors, warning above 1 %"
          />
        )}
      </td>
      {row.entry ? (
        <>
          <td className="num">{rateText(row.rate)}</td>
          <td className="num">
            <ErrorShare errors={row.errors} />
          </td>
          <td>
            <Sparkline rate={rate} errors={errors} label={`Requests and errors of ${row.name}`} />
          </td>
          <td className="num">{secondsText(row.p50)}</td>
          <td className="num">{secondsText(row.p95)}</td>
          <td className="num">{secondsText(row.p99)}</td>
          <td>
            <LineSpark values={duration} label={`p95 of ${row.name}`} />
          </td>
        </>
      ) : (
        ['rate', 'errors', 'requests', 'p50', 'p95', 'p99', 'duration'].map((name) => (
          <td key={name} className="num muted">
            –
          </td>
        ))
      )}
      <td>
        {row.objective ? (
          <span title={`${row.objective.name}: target ${shareText(row.objective.target)}`}>
            <ObjectiveBadge state={row.objective.state} />{' '}
            {row.objective.ratio !== null && <span className="num">{shareText(row.objective.ratio)}</span>}
          </span>
        ) : (
          <span className="muted">–</span>
        )}
      </td>
      <td>{row.team || <span className="muted">–</span>}</td>
      <td>
        {row.changed?.time ? (
          <span title={row.changed.title}>
            {row.changed.kind === 'deployment'
              ? 'deployed '
              : row.changed.kind === 'down'
                ? 'down '
                : 'started '}
            <Ago ms={row.changed.time} />
          </span>
        ) : (
          <span className="muted">–</span>
        )}
      </td>
    </tr>
  );
}
