import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { useTargets } from '../api/queries';
import type { LabelSet } from '../api/types';
import { PageTabs } from '../app/page-tabs';
import { Icon } from '../components/icons';
import { Button, Empty, LabelChips, Loading, PageHead, SearchField } from '../components/ui';
import { filterDropped, filterTargets, summarisePools } from './filter';
import { PoolConfig } from './pool-config';
import { RelabelSteps } from './relabel-steps';
import { LabelTable } from './targets-page';

const PAGE = 50;

interface Found {
  discovered: LabelSet;
  /** Null: dropped by relabelling. */
  target: LabelSet | null;
}

function Row({ pool, found }: { pool: string; found: Found }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="discovery-row">
      <LabelTable labels={found.discovered} />
      <div className="discovery-target">
        {found.target ? (
          <LabelChips labels={found.target} />
        ) : (
          <span className="badge">dropped by relabelling</span>
        )}
        <button type="button" className="plan-link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide rules' : 'Show rules'}
        </button>
        {open && <RelabelSteps pool={pool} labels={found.discovered} />}
      </div>
    </div>
  );
}

function Pool({
  name,
  found,
  dropped,
  initiallyOpen,
}: {
  name: string;
  found: Found[];
  dropped: number;
  initiallyOpen: boolean;
}) {
  const [open, setOpen] = useState(initiallyOpen);
  const [count, setCount] = useState(PAGE);
  const kept = found.filter((f) => f.target).length;
  return (
    <section className="card discovery-pool">
      <div className="discovery-top">
        <button type="button" className="discovery-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'down' : 'right'} size={15} />
          <h2>{name}</h2>
          <span className="muted">
            {kept + dropped} discovered, {kept} scraped{dropped > 0 ? `, ${dropped} dropped` : ''}
          </span>
        </button>
        <PoolConfig pool={name} />
      </div>
      {open && (
        <div className="discovery-list">
          {found.slice(0, count).map((f, i) => (
            <Row key={`${f.discovered.__address__} ${String(i)}`} pool={name} found={f} />
          ))}
          {found.length > count && (
            <Button look="ghost" onClick={() => setCount(count + PAGE)}>
              {found.length - count} more
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

export function DiscoveryPage() {
  const query = useTargets();
  const data = query.data?.data;
  const [text, setText] = useState('');
  const pools = useMemo(() => {
    if (!data) return [];
    return summarisePools(data.activeTargets, data.droppedTargets, data.droppedTargetCounts)
      .map(({ pool, dropped }) => {
        const filter = { pool, health: 'all' as const, text };
        const found: Found[] = [
          ...filterTargets(data.activeTargets, filter).map((t) => ({
            discovered: t.discoveredLabels,
            target: t.labels,
          })),
          ...filterDropped(data.droppedTargets, filter).map((t) => ({
            discovered: t.discoveredLabels,
            target: null,
          })),
        ];
        return { pool, dropped, found };
      })
      .filter((p) => text === '' || p.found.length > 0);
  }, [data, text]);
  return (
    <div className="page">
      <PageHead title="Discovery" lead="Discovered targets and their labels after relabelling">
        <PageTabs />
      </PageHead>
      {query.error && <ErrorNotice error={query.error} />}
      {query.isPending && <Loading label="Loading targets" />}
      {data && (
        <>
          <div className="filters">
            <SearchField label="Search labels" value={text} onChange={setText} />
          </div>
          {pools.length === 0 && (
            <Empty icon="search" title={text ? 'Nothing matches' : 'Nothing was discovered'}>
              {text ? 'Try fewer words.' : 'No scrape pool is configured, or discovery found nothing yet.'}
            </Empty>
          )}
          {pools.map((p) => (
            <Pool
              key={p.pool}
              name={p.pool}
              found={p.found}
              dropped={p.dropped}
              initiallyOpen={pools.length === 1}
            />
          ))}
        </>
      )}
    </div>
  );
}
