/** Parts of costs that several pages show. */
import { Link } from '@tanstack/react-router';
import { formatValue } from '../lib/units';
import { useCosts } from './api';
import { missingPrices, moneyText } from './model';
import './costs.css';

/** What an entity costs a month; nothing if it is not in the costs. */
export function EntityCost({ id }: { id: string }) {
  const data = useCosts().data;
  const row = [...(data?.services ?? []), ...(data?.workloads ?? [])].find(({ entity }) => entity.id === id);
  if (!data || !row) return null;
  const currency = data.prices?.currency ?? '';
  const facts: [string, string][] = [
    ['A month', moneyText(row.total, currency)],
    ['By use', moneyText(row.used, currency)],
    ['By requests', moneyText(row.requested, currency)],
    ['Volumes', moneyText(row.disk, currency)],
    ['To zones', moneyText(row.zones, currency)],
    ['To internet', moneyText(row.internet, currency)],
    ['Cores used', row.cores === null ? '–' : formatValue(row.cores, 'none', 3)],
    ['Memory used', row.memoryGib === null ? '–' : formatValue(row.memoryGib * 2 ** 30, 'bytes', 3)],
  ];
  const missing = missingPrices(data);
  return (
    <section className="panel service-panel" aria-label="Cost">
      <header>
        <h2>Cost</h2>
        <span className="panel-links">
          <Link to="/costs">All costs</Link>
        </span>
      </header>
      <dl className="cost-sums cost-facts">
        {facts
          .filter(([, text]) => text !== '–')
          .map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="num">{text}</dd>
            </div>
          ))}
      </dl>
      <p className="muted">{missing || `Means over the last 24 hours, for a month of 730 hours.`}</p>
    </section>
  );
}
