/** Data → Volumes: how much came in and went out by service, severity or any counted attribute. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { offer } from '../app/parts';
import { Empty, Segmented, Select } from '../components/ui';
import { Field, FleetPage } from '../fleet/frame';
import { counted, formatValue } from '../lib/units';
import { ofFleet, useFidelity, useVolumes } from './api';
import {
  type Count,
  controlFor,
  equation,
  monthly,
  type Rate,
  type Row,
  rateOf,
  ratesSince,
  reportedRates,
  type Sort,
  sorted,
  type Term,
  type Volumes,
} from './model';
import '../pipelines/pipelines.css';
import './volumes.css';

/** Answers that are kept for rates: about half a minute. */
const KEPT = 15;

/** Destinations with a column of their own. */
const MOST_DESTINATIONS = 4;

const SORTS: Sort[] = ['in', 'out', 'value', 'rate', 'cost'];

type Unit = keyof Count;

function useRates(now: Volumes | undefined): Map<string, Rate> {
  const past = useRef<Volumes[]>([]);
  const [rates, setRates] = useState<Map<string, Rate>>(new Map());
  useEffect(() => {
    if (!now) return;
    if (ofFleet) {
      setRates(reportedRates(now));
      return;
    }
    past.current = [...past.current.filter((one) => one.by === now.by), now].slice(-KEPT);
    setRates(ratesSince(past.current[0], now));
  }, [now]);
  return rates;
}

export function VolumesPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const unit: Unit = search.unit === 'items' ? 'items' : 'bytes';
  const sort: Sort = SORTS.find((one) => one === search.sort) ?? 'rate';
  const query = useVolumes(search.by ?? '', search.selector ?? '', sort);
  const data = query.data;
  const rates = useRates(data);
  const change = (patch: Record<string, string>) =>
    void navigate({ to: '.', search: { ...search, ...patch } as never, replace: true });
  const signals = useMemo(() => [...new Set(data?.rows.map((one) => one.signal))].sort(), [data]);
  const signal = signals.includes(search.signal ?? '') ? (search.signal ?? '') : '';
  const rows = useMemo(
    () => (data ? sorted(data.rows, sort, unit, signal, rates) : []),
    [data, sort, unit, signal, rates],
  );
  return (
    <FleetPage
      title="Volumes"
      lead={
        ofFleet && data
          ? `Of ${counted(data.agents ?? 0, 'agent')}${
              data.agentsWithout ? `; ${data.agentsWithout} more do not report any` : ''
            }, each since its start`
          : 'Since the start of this process'
      }
      query={query}
      tools={
        data &&
        data.attributes.length > 0 && (
          <>
            <Select
              label="By"
              value={data.by}
              choices={data.attributes.map((one) => ({ value: one, label: one }))}
              onChange={(by) => change({ by })}
            />
            <Segmented<Unit>
              label="Volume"
              value={unit}
              choices={[
                { value: 'bytes', label: 'Bytes' },
                { value: 'items', label: 'Items' },
              ]}
              onChange={(value) => change({ unit: value })}
            />
          </>
        )
      }
    >
      {data && (
        <div className="volumes">
          {ofFleet && (
            <Field
              label="Selector"
              value={search.selector ?? ''}
              placeholder="env=prod"
              onChange={(selector) => change({ selector })}
            />
          )}
          {data.attributes.length === 0 ? (
            <Empty icon="pipelines" title="No volumes counted">
              {ofFleet
                ? 'No connected agent reports volumes.'
                : offer.parts.prometheus !== undefined
                  ? 'Volumes are counted by collectors. Open this page on a collector or a control plane.'
                  : 'The configuration has service.telemetry.volumes.enabled: false.'}
            </Empty>
          ) : (
            <>
              <Equation of={data} />
              {signals.length > 1 && (
                <div className="pills" role="group" aria-label="Signal">
                  {signals.map((one) => (
                    <button
                      key={one}
                      type="button"
                      className="pill"
                      aria-pressed={signal === one}
                      onClick={() => change({ signal: signal === one ? '' : one })}
                    >
                      <i className={`signal-dot signal-${one}`} /> {one}
                    </button>
                  ))}
                </div>
              )}
              {rows.length === 0 ? (
                <Empty icon="pipelines" title="No volume yet">
                  Volumes are counted from the first item that a receiver accepts.
                </Empty>
              ) : (
                <Table
                  of={data}
                  rows={rows}
                  rates={rates}
                  unit={unit}
                  sort={sort}
                  onSort={(by) => change({ sort: by })}
                />
              )}
            </>
          )}
          {ofFleet && <FidelityTable selector={search.selector ?? ''} />}
        </div>
      )}
    </FleetPage>
  );
}

const RESULTS = ['sent', 'match', 'mismatch', 'missing', 'unknown', 'doubled', 'unpaired'] as const;

/** What checks of fidelity found; nothing where no agent has one. */
function FidelityTable({ selector }: { selector: string }) {
  const rows = useFidelity(selector).data ?? [];
  if (rows.length === 0) return null;
  const number = (n: number | undefined) => (n ?? 0).toLocaleString('en');
  return (
    <section className="card table-wrap" aria-label="Fidelity">
      <table className="table">
        <caption>
          Fidelity: a sample of received items compared with delivered items, and all items compared with
          those that destinations rejected
        </caption>
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col">Signal</th>
            {RESULTS.map((one) => (
              <th scope="col" className="num" key={one}>
                {one}
              </th>
            ))}
            <th scope="col" className="num">
              All items
            </th>
            <th scope="col" className="num">
              Refused
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={`${one.check} ${one.signal}`}>
              <th scope="row">{one.check}</th>
              <td>{one.signal}</td>
              {RESULTS.map((result) => (
                <td className="num" key={result}>
                  {number(one[result])}
                </td>
              ))}
              <td className="num">{number((one.accepted ?? 0) + (one.refused ?? 0))}</td>
              <td className="num">{number(one.refused)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Every item is accounted for: what came in is where it went, by name. */
function Equation({ of }: { of: Volumes }) {
  const { left, right } = equation(of.balance);
  return (
    <section className="card volumes-equation" aria-label="Items">
      <Terms of={left} />
      <span className="volumes-equals">=</span>
      <Terms of={right} />
    </section>
  );
}

function Terms({ of }: { of: Term[] }) {
  return (
    <dl>
      {of.map((one) => (
        <div key={one.name}>
          <dt>{one.name}</dt>
          <dd className="num">{one.items.toLocaleString('en')}</dd>
        </div>
      ))}
    </dl>
  );
}

const about = (of: Row, unit: Unit) => unit === 'bytes' && of.estimated === true;

const volume = (of: number, unit: Unit) => formatValue(of, unit === 'bytes' ? 'bytes' : 'none', 3);

function Table(props: {
  of: Volumes;
  rows: Row[];
  rates: Map<string, Rate>;
  unit: Unit;
  sort: Sort;
  onSort: (by: Sort) => void;
}) {
  const { of, rows, rates, unit } = props;
  const total = rows.reduce((n, one) => n + one.in[unit], 0) + of.other.in[unit];
  const destinations = of.destinations.length > 1 ? of.destinations.slice(0, MOST_DESTINATIONS) : [];
  const head = (by: Sort, name: string, number = true) => (
    <th
      scope="col"
      className={number ? 'num' : undefined}
      aria-sort={props.sort === by ? (by === 'value' ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" className="plan-link" onClick={() => props.onSort(by)}>
        {name}
      </button>
    </th>
  );
  return (
    <section className="card table-wrap" aria-label={`Volumes by ${of.by}`}>
      <table className="table volumes-table">
        <thead>
          <tr>
            {head('value', of.by, false)}
            <th scope="col">Signal</th>
            {head('rate', 'In now')}
            {head('in', 'In')}
            <th scope="col">Share</th>
            {head('out', 'To exporters')}
            {of.currency && head('cost', `Cost, ${of.currency}`)}
            {of.currency && (
              <th scope="col" className="num" title="Cost per 30 days at the current rate">
                30 days, {of.currency}
              </th>
            )}
            {destinations.map((one) => (
              <th scope="col" className="num" key={one}>
                {one}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={`${one.signal} ${one.value}`}>
              <th scope="row">
                {one.value === '' ? <span className="muted">without {of.by}</span> : one.value}
                {ofFleet && controlFor(of.by, one) && (
                  <Link
                    className="volumes-control"
                    to="/fleet/controls"
                    search={controlFor(of.by, one) as never}
                    aria-label={`Control ${one.signal} of ${one.value}`}
                  >
                    Control
                  </Link>
                )}
              </th>
              <td>
                <span className="volumes-signal">
                  <i className={`signal-dot signal-${one.signal}`} /> {one.signal}
                </span>
              </td>
              <td className="num">{rate(rateOf(rates, one), unit)}</td>
              <td className="num">{volume(one.in[unit], unit)}</td>
              <td>
                <Share of={total > 0 ? one.in[unit] / total : 0} />
              </td>
              <td
                className="num"
                title={about(one, unit) ? 'Estimate: encoded size of profiles is not known yet' : undefined}
              >
                {about(one, unit) && 'about '}
                {volume(one.out[unit], unit)}
              </td>
              {of.currency && <td className="num">{money(one.cost)}</td>}
              {of.currency && <td className="num">{monthlyOf(rateOf(rates, one))}</td>}
              {destinations.map((to) => (
                <td className="num" key={to}>
                  {volume(one.to[to]?.[unit] ?? 0, unit)}
                </td>
              ))}
            </tr>
          ))}
          {of.other.in.items + of.other.out.items > 0 && (
            <tr>
              <th scope="row" className="muted">
                All others
              </th>
              <td />
              <td />
              <td className="num">{volume(of.other.in[unit], unit)}</td>
              <td>
                <Share of={total > 0 ? of.other.in[unit] / total : 0} />
              </td>
              <td className="num">{volume(of.other.out[unit], unit)}</td>
              {of.currency && <td className="num">{money(of.other.cost)}</td>}
              {of.currency && <td />}
              {destinations.map((to) => (
                <td className="num" key={to}>
                  {volume(of.other.to[to]?.[unit] ?? 0, unit)}
                </td>
              ))}
            </tr>
          )}
        </tbody>
      </table>
      {of.distinct !== undefined && of.distinct > rows.length && (
        <p className="muted volumes-note">About {of.distinct.toLocaleString('en')} different values.</p>
      )}
    </section>
  );
}

/** Shown for what is not known, which is not 0. */
const UNKNOWN = '–';

const money = (of: number) =>
  of.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: of < 1 ? 4 : 2 });

const monthlyOf = (of: Rate | undefined) => {
  const cost = monthly(of);
  return cost === undefined ? UNKNOWN : money(cost);
};

const rate = (of: Count | undefined, unit: Unit) =>
  of ? formatValue(of[unit], unit === 'bytes' ? 'bytes/s' : 'per second', 3) : UNKNOWN;

function Share({ of }: { of: number }) {
  const percent = of * 100;
  return (
    <span className="volumes-share">
      <span className="volumes-bar" aria-hidden="true">
        <i style={{ width: `${Math.min(100, percent)}%` }} />
      </span>
      <span className="num">
        {percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)} %
      </span>
    </span>
  );
}
