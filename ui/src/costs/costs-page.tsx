/** Services → Costs: what nodes, services and workloads cost by what is observed. */
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { PageTabs } from '../app/page-tabs';
import { Button, Empty, Loading, Notice, PageHead, SearchField } from '../components/ui';
import { reasonOf } from '../insight/api';
import { EntityLink } from '../insight/parts';
import { formatValue } from '../lib/units';
import { useServicesState } from '../services/state';
import { type Costs, type NodeCost, type OwnerCost, useCosts } from './api';
import { missingPrices, moneyText, sumOf } from './model';
import '../insight/insight.css';
import '../services/services.css';
import './costs.css';

/** Rows at first. */
const PAGE = 100;

const VIEWS = [
  ['services', 'Services'],
  ['workloads', 'Workloads'],
  ['nodes', 'Nodes'],
] as const;

type View = (typeof VIEWS)[number][0];

export function CostsPage() {
  const state = useServicesState('/costs');
  const { by = 'services' } = useSearch({ strict: false }) as Record<string, string>;
  const answer = useCosts();
  const data = answer.data;
  const view = (VIEWS.find(([name]) => name === by)?.[0] ?? 'services') as View;
  return (
    <div className="page">
      <PageHead title="Costs" lead="Means over the last 24 hours, for a month of 730 hours." />
      <PageTabs />
      {answer.error && !data ? (
        <Empty icon="plan" title="No costs">
          {reasonOf(answer.error, 'Costs')}
        </Empty>
      ) : !data ? (
        <Loading label="Loading costs" />
      ) : (
        <>
          <Summary data={data} />
          <section className="panel" aria-label="Costs">
            <div className="panel-tools">
              <SearchField label="Filter costs" value={state.filter} onChange={state.setFilter} />
              <fieldset className="pills plain-pills">
                <legend className="visually-hidden">Costs of</legend>
                {VIEWS.map(([name, text]) => (
                  <button
                    key={name}
                    type="button"
                    className="pill"
                    aria-pressed={view === name}
                    onClick={() => state.setParams({ by: name === 'services' ? '' : name })}
                  >
                    {text} {data[name].length}
                  </button>
                ))}
              </fieldset>
            </div>
            <Rows data={data} view={view} filter={state.filter.toLowerCase()} />
          </section>
        </>
      )}
    </div>
  );
}

function Summary({ data }: { data: Costs }) {
  const missing = missingPrices(data);
  const sum = sumOf(data.nodes);
  const currency = data.prices?.currency ?? '';
  return (
    <>
      {missing && (
        <Notice kind="info" title="No prices">
          {missing} The tables show use without money.
        </Notice>
      )}
      {data.notices.length > 0 && (
        <Notice kind="warning" title="Some amounts are left out">
          {data.notices.map((text) => (
            <div key={text}>{text}</div>
          ))}
        </Notice>
      )}
      {!missing && (
        <section className="panel" aria-label="Sum">
          <dl className="cost-sums">
            <div>
              <dt>Nodes</dt>
              <dd className="num">{moneyText(sum.total, currency)}</dd>
            </div>
            <div>
              <dt>Used by containers</dt>
              <dd className="num">{moneyText(sum.used, currency)}</dd>
            </div>
            <div>
              <dt>Idle</dt>
              <dd className="num">{moneyText(sum.idle, currency)}</dd>
            </div>
          </dl>
          <p className="muted">
            Price list {data.prices?.name}, valid from {data.prices?.from}.
            {sum.unpriced > 0 && ` ${sum.unpriced} nodes have no price and are in no sum.`}
          </p>
        </section>
      )}
    </>
  );
}

function Rows({ data, view, filter }: { data: Costs; view: View; filter: string }) {
  const [shown, setShown] = useState(PAGE);
  const currency = data.prices?.currency ?? '';
  const all = data[view] as (NodeCost | OwnerCost)[];
  const rows = all.filter(({ entity }) => entity.name.toLowerCase().includes(filter));
  if (rows.length === 0)
    return (
      <p className="muted">
        {all.length > 0
          ? 'No match.'
          : `No ${view} with processor or memory metrics. Run a node agent, or scrape cAdvisor, kube-state-metrics or processes.`}
      </p>
    );
  const money = (value: number | null) => <td className="num">{moneyText(value, currency)}</td>;
  const columns = view === 'nodes' ? ['Used', 'Idle'] : ['Volumes', 'To zones', 'To internet'];
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll" role="region" aria-label="Cost list" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              {[
                view === 'nodes' ? 'Processors' : 'Cores used',
                view === 'nodes' ? 'Memory' : 'Memory used',
                'A month',
                ...(view === 'nodes' ? [] : ['By use']),
                'By requests',
                ...columns,
              ].map((name) => (
                <th key={name} scope="col" className="num">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row) => (
              <tr key={row.entity.id}>
                <td title={'note' in row && row.note ? row.note : undefined}>
                  <EntityLink entity={row.entity} />
                </td>
                <td className="num">{row.cores === null ? '–' : formatValue(row.cores, 'none', 3)}</td>
                <td className="num">
                  {row.memoryGib === null ? '–' : formatValue(row.memoryGib * 2 ** 30, 'bytes', 3)}
                </td>
                {money(row.total)}
                {!('idle' in row) && money(row.used)}
                {money(row.requested)}
                {'idle' in row ? (
                  <>
                    {money(row.used)}
                    {money(row.idle)}
                  </>
                ) : (
                  <>
                    {money(row.disk)}
                    {money(row.zones)}
                    {money(row.internet)}
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown && (
        <Button onClick={() => setShown(shown + PAGE)}>
          Show {Math.min(PAGE, rows.length - shown)} more
        </Button>
      )}
    </>
  );
}
