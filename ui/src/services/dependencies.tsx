import { type Dependency, gapOf, TYPE_NAMES } from './graph';
import { ErrorShare, rateText, ServiceLink, secondsText } from './parts';

function Side({
  title,
  list,
  none,
  carried,
}: {
  title: string;
  list: Dependency[];
  none: string;
  carried: Record<string, string>;
}) {
  const observed = list.some(({ connections }) => connections !== null);
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {list.length === 0 ? (
        <p className="muted">{none}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label={`${title}, table`} tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Protocol</th>
                <th scope="col" className="num">
                  Rate
                </th>
                <th scope="col" className="num">
                  Errors
                </th>
                <th scope="col" className="num">
                  Client p95
                </th>
                <th scope="col" className="num">
                  Callee p95
                </th>
                <th scope="col" className="num" title="Client p95 less callee p95: network and queues">
                  Gap
                </th>
                {observed && (
                  <th scope="col" className="num">
                    Connections
                  </th>
                )}
                {observed && (
                  <th scope="col" className="num">
                    Retransmits
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {list.map((one) => (
                <tr key={`${one.name} ${one.type}`}>
                  <td>
                    {one.container === undefined && (one.kind !== 'service' || one.type === 'database') ? (
                      one.name
                    ) : (
                      <ServiceLink name={one.name} container={one.container} carried={carried} />
                    )}
                  </td>
                  <td>{TYPE_NAMES[one.type] ?? one.type}</td>
                  <td className="num">{rateText(one.rate)}</td>
                  <td className="num">
                    <ErrorShare errors={one.errors} />
                  </td>
                  <td className="num">{secondsText(one.clientP95)}</td>
                  <td className="num">{secondsText(one.serverP95)}</td>
                  <td className="num">{secondsText(gapOf(one))}</td>
                  {observed && <td className="num">{one.connections ?? '–'}</td>}
                  {observed && (
                    <td className="num">{one.retransmits === null ? '–' : rateText(one.retransmits)}</td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

export function Dependencies({
  sides,
  carried,
}: {
  sides: { in: Dependency[]; out: Dependency[] };
  carried: Record<string, string>;
}) {
  return (
    <div className="dependencies">
      <Side title="Called by" list={sides.in} none="No calls observed." carried={carried} />
      <Side title="Calls to" list={sides.out} none="No outgoing calls." carried={carried} />
    </div>
  );
}
