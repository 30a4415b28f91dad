/** Objectives with their target, their share of good requests, and what is left of their budget. */
import { Link } from '@tanstack/react-router';
import { roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import { EntityLink, ObjectiveBadge, shareText } from './parts';
import type { Objective } from './types';
import './insight.css';

const burnText = (objective: Objective) =>
  objective.burn
    .filter(({ rate }) => rate !== null)
    .map(({ window, rate }) => `${formatValue(rate as number, 'none', 2)}× (${window})`)
    .join(', ') || '–';

export function ObjectiveTable({ objectives, named }: { objectives: Objective[]; named: boolean }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <div className="table-scroll" role="region" aria-label="Objectives, table" tabIndex={0}>
      <table className="table objective-rows">
        <thead>
          <tr>
            <th scope="col">Objective</th>
            {named && <th scope="col">Entity</th>}
            <th scope="col">State</th>
            <th scope="col" className="num">
              Good
            </th>
            <th scope="col" className="num">
              Target
            </th>
            <th scope="col" className="num">
              Budget left
            </th>
            <th scope="col" className="num">
              Burn rate
            </th>
          </tr>
        </thead>
        <tbody>
          {objectives.map((one) => (
            <tr key={`${one.entity?.id} ${one.name}`}>
              <td>
                {one.query ? (
                  <Link to="/query" search={{ 'g0.expr': one.query, 'g0.tab': 'graph' } as never}>
                    {one.name}
                  </Link>
                ) : (
                  one.name
                )}
              </td>
              {named && <td>{one.entity ? <EntityLink entity={one.entity} /> : '–'}</td>}
              <td>
                <ObjectiveBadge state={one.state} />
              </td>
              <td className="num">{shareText(one.ratio)}</td>
              <td className="num">
                {shareText(one.target)} <span className="muted">in {roughDuration(one.window * 1000)}</span>
              </td>
              <td className="num">{one.budget === null ? 'no data' : shareText(one.budget)}</td>
              <td className="num">{burnText(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
