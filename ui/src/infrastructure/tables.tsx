/** Tables of the page of a container, some of which the page of a service has as well. */
import type { ReactNode } from 'react';
import { rateText, secondsText } from '../services/parts';
import type { Statement } from './model';
import { figure } from './parts';
import './infrastructure.css';

export function Panel({
  title,
  none,
  children,
}: {
  title: string;
  none: string | null;
  children: ReactNode;
}) {
  return (
    <section className="panel service-panel" aria-label={title}>
      <h2>{title}</h2>
      {none !== null ? (
        <p className="muted">{none}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label={`${title}, table`} tabIndex={0}>
          {children}
        </div>
      )}
    </section>
  );
}

export function Head({ texts, figures }: { texts: string[]; figures: string[] }) {
  return (
    <thead>
      <tr>
        {texts.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {figures.map((name) => (
          <th key={name} scope="col" className="num">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function Statements({ statements }: { statements: Statement[] }) {
  if (statements.length === 0) return null;
  return (
    <Panel title="Slow statements" none={null}>
      <table className="table container-statements">
        <Head texts={['Statement', 'Database']} figures={['Calls', 'Mean', 'Time']} />
        <tbody>
          {statements.map((one) => (
            <tr key={`${one.protocol} ${one.destination} ${one.text}`}>
              <td>
                <code>{one.text}</code>
              </td>
              <td>{[one.protocol, one.destination].filter(Boolean).join(' ')}</td>
              <td className="num">{rateText(one.calls)}</td>
              <td className="num">{secondsText(one.mean)}</td>
              <td className="num" title="Execution time per second">
                {figure(one.time, 'ratio')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
