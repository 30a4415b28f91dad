import { Link } from '@tanstack/react-router';
import { type Dependency, TYPE_NAMES } from './graph';
import { ErrorShare, rateText, secondsText } from './parts';

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
                <th scope="col">Type</th>
                <th scope="col" className="num">
                  Rate
                </th>
                <th scope="col" className="num">
                  Errors
                </th>
                <th scope="col" className="num">
                  p95
                </th>
              </tr>
            </thead>
            <tbody>
              {list.map((one) => (
                <tr key={`${one.name} ${one.type}`}>
                  <td>
                    {one.type === 'database' || one.name === 'user' ? (
                      one.name
                    ) : (
                      <Link
                        to="/services/service/$name"
                        params={{ name: one.name } as never}
                        search={carried as never}
                      >
                        {one.name}
                      </Link>
                    )}
                  </td>
                  <td>{TYPE_NAMES[one.type] ?? one.type}</td>
                  <td className="num">{rateText(one.rate)}</td>
                  <td className="num">
                    <ErrorShare errors={one.errors} />
                  </td>
                  <td className="num">{secondsText(one.p95)}</td>
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
      <Side title="Called by" list={sides.in} none="No calls were observed." carried={carried} />
      <Side title="Calls to" list={sides.out} none="It calls no other service." carried={carried} />
    </div>
  );
}
