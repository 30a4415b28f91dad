import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { useTargets } from '../api/queries';
import type { ActiveTarget, DroppedTarget, LabelSet } from '../api/types';
import { PageTabs } from '../app/page-tabs';
import { Icon } from '../components/icons';
import { Moment } from '../components/moment';
import { CopyButton, Empty, LabelChips, Loading, PageHead, SearchField, Select } from '../components/ui';
import { formatValue } from '../lib/units';
import {
  filterDropped,
  filterTargets,
  type PoolSummary,
  poolOf,
  readFilter,
  summarisePools,
  type TargetFilter,
} from './filter';

type Row =
  | { kind: 'pool'; key: string; summary: PoolSummary }
  | { kind: 'target'; key: string; target: ActiveTarget }
  | { kind: 'dropped'; key: string; target: DroppedTarget };

export function LabelTable({ labels }: { labels: LabelSet }) {
  return (
    <dl className="label-table">
      {Object.keys(labels)
        .sort()
        .map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{labels[name]}</dd>
          </div>
        ))}
    </dl>
  );
}

/** The moment of the last scrape is the zero time until there was one. */
function LastScrape({ target }: { target: ActiveTarget }) {
  const ms = Date.parse(target.lastScrape);
  return Number.isNaN(ms) || ms <= 0 ? <span>never scraped</span> : <Moment ms={ms} />;
}

function TargetRow({ target, open, toggle }: { target: ActiveTarget; open: boolean; toggle: () => void }) {
  const { labels } = target;
  return (
    <article className={`target target-${target.health}`}>
      <button
        type="button"
        className="target-open"
        aria-expanded={open}
        aria-label={`Details of ${target.scrapeUrl}`}
        onClick={toggle}
      >
        <Icon name={open ? 'down' : 'right'} size={14} />
      </button>
      <span className={`badge badge-${target.health}`}>{target.health}</span>
      <div className="target-main">
        <a
          href={target.globalUrl || target.scrapeUrl}
          className="target-url mono-text"
          target="_blank"
          rel="noreferrer"
        >
          {target.scrapeUrl}
        </a>
        <LabelChips labels={labels} omit={['job']} />
        {target.lastError && (
          <p className="target-error">
            <Icon name="error" size={14} />
            <span>{target.lastError}</span>
            <CopyButton text={target.lastError} label="Copy the error" />
          </p>
        )}
        {open && (
          <div className="target-details">
            <p className="muted">
              Scraped every {target.scrapeInterval}, timeout {target.scrapeTimeout}.{' '}
              <Link
                to="/query"
                search={
                  {
                    'g0.expr': `scrape_samples_scraped{job="${labels.job}",instance="${labels.instance}"}`,
                    'g0.tab': 'graph',
                  } as never
                }
              >
                Samples over time
              </Link>
            </p>
            <h3>Labels as discovered, before relabelling</h3>
            <LabelTable labels={target.discoveredLabels} />
          </div>
        )}
      </div>
      <div className="target-figures">
        <LastScrape target={target} />
        <span className="muted" title="Duration of the last scrape">
          {target.lastScrapeDuration > 0 ? formatValue(target.lastScrapeDuration, 'seconds', 3) : '–'} · every{' '}
          {target.scrapeInterval}
        </span>
      </div>
    </article>
  );
}

function DroppedRow({ target, open, toggle }: { target: DroppedTarget; open: boolean; toggle: () => void }) {
  const address = target.discoveredLabels.__address__ ?? '?';
  return (
    <article className="target target-dropped">
      <button
        type="button"
        className="target-open"
        aria-expanded={open}
        aria-label={`Details of ${address}`}
        onClick={toggle}
      >
        <Icon name={open ? 'down' : 'right'} size={14} />
      </button>
      <span className="badge">dropped</span>
      <div className="target-main">
        <span className="target-url mono-text">{address}</span>
        {open && (
          <div className="target-details">
            <h3>Labels as discovered</h3>
            <LabelTable labels={target.discoveredLabels} />
          </div>
        )}
      </div>
      <div className="target-figures muted">{poolOf(target)}</div>
    </article>
  );
}

function PoolHead({ summary }: { summary: PoolSummary }) {
  const total = summary.up + summary.down + summary.unknown;
  return (
    <header className="pool">
      <h2>{summary.pool}</h2>
      <span className={summary.down > 0 ? 'pool-bad' : 'muted'}>
        {summary.up} of {total} up
      </span>
      <span className="health-bar" aria-hidden="true">
        <i className="is-up" style={{ flexGrow: summary.up }} />
        <i className="is-unknown" style={{ flexGrow: summary.unknown }} />
        <i className="is-down" style={{ flexGrow: summary.down }} />
      </span>
    </header>
  );
}

function rowsFor(
  active: ActiveTarget[],
  dropped: DroppedTarget[],
  pools: PoolSummary[],
  filter: TargetFilter,
): Row[] {
  if (filter.health === 'dropped') {
    return filterDropped(dropped, filter).map((target, i) => ({
      kind: 'dropped',
      key: `dropped ${i}`,
      target,
    }));
  }
  const rows: Row[] = [];
  const summaries = new Map(pools.map((p) => [p.pool, p]));
  let pool: string | null = null;
  const seen = new Map<string, number>();
  for (const target of filterTargets(active, filter)) {
    if (target.scrapePool !== pool) {
      pool = target.scrapePool;
      const summary = summaries.get(pool);
      if (summary) rows.push({ kind: 'pool', key: `pool ${pool}`, summary });
    }
    // The same address may be scraped twice with other labels.
    const base = `${pool} ${target.scrapeUrl}`;
    const nth = seen.get(base) ?? 0;
    seen.set(base, nth + 1);
    rows.push({ kind: 'target', key: `${base} ${nth}`, target });
  }
  return rows;
}

function List({ rows }: { rows: Row[] }) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const host = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  useEffect(() => {
    if (host.current) setOffset(host.current.getBoundingClientRect().top + window.scrollY);
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (i) => (rows[i]?.kind === 'pool' ? 48 : 64),
    overscan: 12,
    scrollMargin: offset,
    getItemKey: (i) => rows[i]?.key ?? i,
  });
  const toggle = (key: string) => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  return (
    <div ref={host} className="target-list" style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map((item) => {
        const row = rows[item.index] as Row;
        return (
          <div
            key={item.key}
            ref={virtual.measureElement}
            data-index={item.index}
            className="virtual-row"
            style={{ transform: `translateY(${item.start - offset}px)` }}
          >
            {row.kind === 'pool' ? (
              <PoolHead summary={row.summary} />
            ) : row.kind === 'target' ? (
              <TargetRow target={row.target} open={open.has(row.key)} toggle={() => toggle(row.key)} />
            ) : (
              <DroppedRow target={row.target} open={open.has(row.key)} toggle={() => toggle(row.key)} />
            )}
          </div>
        );
      })}
    </div>
  );
}

export function TargetsPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const filter = useMemo(() => readFilter(search), [search]);
  const query = useTargets();
  const data = query.data?.data;

  const pools = useMemo(
    () => (data ? summarisePools(data.activeTargets, data.droppedTargets, data.droppedTargetCounts) : []),
    [data],
  );
  const rows = useMemo(
    () => (data ? rowsFor(data.activeTargets, data.droppedTargets, pools, filter) : []),
    [data, pools, filter],
  );
  const total = pools.reduce(
    (sum, p) => ({
      up: sum.up + p.up,
      down: sum.down + p.down,
      unknown: sum.unknown + p.unknown,
      dropped: sum.dropped + p.dropped,
    }),
    { up: 0, down: 0, unknown: 0, dropped: 0 },
  );
  const set = (patch: Partial<TargetFilter>) => {
    const next = { ...filter, ...patch };
    void navigate({
      to: '/targets',
      search: {
        pool: next.pool,
        health: next.health === 'all' ? '' : next.health,
        search: next.text,
      } as never,
      replace: true,
      resetScroll: false,
    });
  };
  const all = total.up + total.down + total.unknown;
  const pills: [TargetFilter['health'], string, number][] = [
    ['all', 'All', all],
    ['up', 'Up', total.up],
    ['down', 'Down', total.down],
    ['unknown', 'Not yet scraped', total.unknown],
    ['dropped', 'Dropped', total.dropped],
  ];
  const shownDropped = data?.droppedTargets.length ?? 0;
  return (
    <div className="page">
      <PageHead
        title="Targets"
        lead={
          data && all > 0
            ? `${all.toLocaleString('en')} targets in ${pools.length} scrape pool${pools.length === 1 ? '' : 's'}`
            : undefined
        }
      >
        <PageTabs />
      </PageHead>
      {query.error && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Loading targets" />}
      {data && all === 0 && total.dropped === 0 && (
        <Empty
          icon="targets"
          title="Nothing is scraped yet"
          actions={
            <Link to="/status/$tab" params={{ tab: 'config' }} className="button button-plain">
              View configuration
            </Link>
          }
        >
          Add a <code>scrape_configs</code> entry to the configuration and reload. Pushed metrics need no
          target.
        </Empty>
      )}
      {data && (all > 0 || total.dropped > 0) && (
        <>
          <div className="card health">
            <div className="health-figures">
              <span className={`health-lead${total.down > 0 ? ' is-bad' : ''}`}>
                <Icon name={total.down > 0 ? 'warning' : 'check'} size={20} />
                {total.down > 0
                  ? `${total.down} down`
                  : total.unknown > 0 && total.up === 0
                    ? 'Waiting for the first scrape'
                    : 'All up'}
              </span>
              <span className="muted">
                {total.up} up{total.unknown > 0 ? `, ${total.unknown} not yet scraped` : ''}
              </span>
            </div>
            <span
              className="health-bar health-bar-big"
              role="img"
              aria-label={`${total.up} up, ${total.down} down, ${total.unknown} unknown`}
            >
              <i className="is-up" style={{ flexGrow: total.up }} />
              <i className="is-unknown" style={{ flexGrow: total.unknown }} />
              <i className="is-down" style={{ flexGrow: total.down }} />
            </span>
          </div>
          <div className="filters">
            <div className="pills" role="group" aria-label="Health">
              {pills
                .filter(([health, , count]) => count > 0 || health === filter.health || health === 'all')
                .map(([health, name, count]) => (
                  <button
                    key={health}
                    type="button"
                    className="pill"
                    aria-pressed={filter.health === health}
                    onClick={() => set({ health })}
                  >
                    {name} <span className="pill-count">{count.toLocaleString('en')}</span>
                  </button>
                ))}
            </div>
            <div className="filter-fields">
              {pools.length > 1 && (
                <Select
                  label="Scrape pool"
                  hideLabel
                  value={filter.pool}
                  choices={[
                    { value: '', label: 'All scrape pools' },
                    ...pools.map((p) => ({ value: p.pool, label: p.pool })),
                  ]}
                  onChange={(pool) => set({ pool })}
                />
              )}
              <SearchField
                label="Search by address, label or error"
                value={filter.text}
                onChange={(text) => set({ text })}
              />
            </div>
          </div>
          {filter.health === 'dropped' && shownDropped < total.dropped && (
            <p className="muted">
              {shownDropped === 0 ? 'None' : `${shownDropped} of ${total.dropped}`} kept for display:{' '}
              <code>keep_dropped_targets</code> limits them.
            </p>
          )}
          {rows.length === 0 ? (
            <Empty icon="search" title="No target matches">
              Change the filters above.
            </Empty>
          ) : (
            <List rows={rows} />
          )}
        </>
      )}
    </div>
  );
}
