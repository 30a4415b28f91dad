/** Services → List: rate, errors and durations of every service. */
import { useMemo, useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { TimePicker } from '../components/time-picker';
import { Loading, PageHead, SearchField } from '../components/ui';
import { spellDuration } from '../lib/time';
import { useServices, useSparks } from './api';
import { NoServices } from './empty';
import { type Service, type SortKey, sortedBy } from './model';
import { ErrorShare, HealthBadge, rateText, ServiceLink, Sparkline, secondsText } from './parts';
import { useServicesState } from './state';
import './services.css';

const NONE: (number | null)[] = [];

const COLUMNS: { key: SortKey; name: string }[] = [
  { key: 'rate', name: 'Rate' },
  { key: 'errors', name: 'Errors' },
  { key: 'p50', name: 'p50' },
  { key: 'p95', name: 'p95' },
  { key: 'p99', name: 'p99' },
];

export function ServicesPage() {
  const state = useServicesState('/services');
  const { end, start, window, attempt } = state;
  const services = useServices(end, window, attempt);
  const sparks = useSparks(start, end, window, attempt);
  const [sort, setSort] = useState<SortKey>('status');
  const rows = useMemo(() => {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = (services.data ?? []).filter((s) => words.every((w) => s.name.toLowerCase().includes(w)));
    return sortedBy(shown, sort);
  }, [services.data, state.filter, sort]);
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
      ) : !services.data ? (
        <Loading label="Loading services" />
      ) : services.data.length === 0 ? (
        <NoServices range={`the last ${spellDuration(Math.min(300_000, state.time.range))}`} />
      ) : (
        <section className="panel" aria-label="Services">
          <div className="panel-tools">
            <SearchField label="Filter services" value={state.filter} onChange={state.setFilter} />
            <span className="muted" role="status">
              {rows.length === services.data.length
                ? `${rows.length} services`
                : `${rows.length} of ${services.data.length} services`}
            </span>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <div className="table-scroll" role="region" aria-label="Service list" tabIndex={0}>
            <table className="table services-table">
              <thead>
                <tr>
                  <th scope="col" aria-sort={sort === 'name' ? 'ascending' : undefined}>
                    <button type="button" className="sort" onClick={() => setSort('name')}>
                      Service <span className="sort-mark">{sort === 'name' ? '↑' : ''}</span>
                    </button>
                  </th>
                  <th scope="col" aria-sort={sort === 'status' ? 'descending' : undefined}>
                    <button type="button" className="sort" onClick={() => setSort('status')}>
                      Status <span className="sort-mark">{sort === 'status' ? '↓' : ''}</span>
                    </button>
                  </th>
                  {COLUMNS.map(({ key, name }) => (
                    <th
                      key={key}
                      scope="col"
                      className="num"
                      aria-sort={sort === key ? 'descending' : undefined}
                    >
                      <button type="button" className="sort" onClick={() => setSort(key)}>
                        {name} <span className="sort-mark">{sort === key ? '↓' : ''}</span>
                      </button>
                    </th>
                  ))}
                  <th scope="col">Trend</th>
                  <th scope="col">Top operations</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((service) => (
                  <Row
                    key={service.name}
                    service={service}
                    carried={state.carried}
                    rate={sparks.data?.rate.get(service.name) ?? NONE}
                    errors={sparks.data?.errors.get(service.name) ?? NONE}
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
  service,
  carried,
  rate,
  errors,
}: {
  service: Service;
  carried: Record<string, string>;
  rate: (number | null)[];
  errors: (number | null)[];
}) {
  return (
    <tr>
      <td>
        <ServiceLink {...service} carried={carried} className="trace-link" />
      </td>
      {service.entry ? (
        <>
          <td>
            <HealthBadge errors={service.errors} />
          </td>
          <td className="num">{rateText(service.rate)}</td>
          <td className="num">
            <ErrorShare errors={service.errors} />
          </td>
          <td className="num">{secondsText(service.p50)}</td>
          <td className="num">{secondsText(service.p95)}</td>
          <td className="num">{secondsText(service.p99)}</td>
          <td>
            <Sparkline rate={rate} errors={errors} label={`Requests and errors of ${service.name}`} />
          </td>
          <td className="services-operations">
            {service.operations.map((one) => (
              <span key={one.name} title={`${one.name}: ${rateText(one.rate)}`}>
                {one.name} <span className="muted">{rateText(one.rate)}</span>
              </span>
            ))}
          </td>
        </>
      ) : (
        <>
          <td>
            <span className="badge" title="The service sends requests but receives none">
              no requests
            </span>
          </td>
          {COLUMNS.map(({ key }) => (
            <td key={key} className="num muted">
              –
            </td>
          ))}
          <td className="muted">–</td>
          <td />
        </>
      )}
    </tr>
  );
}
