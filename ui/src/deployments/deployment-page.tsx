/** One deployment: the signals of its service before and after. */
import { Link, useParams } from '@tanstack/react-router';
import { useMoment } from '../components/moment';
import { Empty, Loading, PageHead } from '../components/ui';
import { reasonOf } from '../insight/api';
import { EntityLink } from '../insight/parts';
import { roughDuration } from '../lib/time';
import { counted, formatValue } from '../lib/units';
import { useComparison } from './api';
import {
  byJudgement,
  changeText,
  DEPLOYMENT_BADGES,
  differenceText,
  figureText,
  JUDGEMENTS,
  queryLink,
  summaryOf,
  versionText,
} from './model';
import type { Comparison, Figure, ItemList, Judgement, TimeWindow } from './types';
import '../insight/insight.css';
import '../services/services.css';
import './deployments.css';

export function DeploymentPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = useComparison(id);
  const data = answer.data;
  if (answer.error && !data)
    return (
      <div className="page">
        <PageHead title="Deployment" />
        <Empty icon="plan" title="No comparison">
          {reasonOf(answer.error, 'Deployments')}
        </Empty>
      </div>
    );
  if (!data)
    return (
      <div className="page">
        <PageHead title="Deployment" />
        <Loading label="Comparing before and after" />
      </div>
    );
  const { deployment } = data;
  return (
    <div className="page">
      <PageHead
        title={`${deployment.service.name} ${versionText(deployment.changes)}`}
        tab={`Deployment ${deployment.service.name}`}
        lead={<Lead data={data} />}
      >
        <Link to="/deployments" className="button button-plain">
          All deployments
        </Link>
      </PageHead>
      <section className="panel" aria-label="Result">
        <h2>Before and after</h2>
        <p>{summaryOf(data)}</p>
        <Windows data={data} />
      </section>
      {data.after && <Figures figures={data.figures} window={data.after} hasDay={data.dayBefore !== null} />}
      {data.after &&
        data.lists.map((list) => <Items key={list.id} list={list} window={data.after as TimeWindow} />)}
      {data.after && <p className="muted deployment-rule">{data.rule}</p>}
    </div>
  );
}

function Lead({ data: { deployment } }: { data: Comparison }) {
  const moment = useMoment();
  return (
    <>
      <span className={`badge badge-${DEPLOYMENT_BADGES[deployment.status] ?? 'none'}`}>
        {deployment.status}
      </span>{' '}
      <EntityLink entity={deployment.service} /> · {moment(deployment.start * 1000)}
      {deployment.end !== null &&
        ` · rollout ${roughDuration(Math.max(0, deployment.end - deployment.start) * 1000)}`}
      {deployment.changes.slice(1).map((change) => (
        <span key={`${change.kind} ${change.subject}`}>
          {' '}
          · {change.kind} {changeText(change)}
        </span>
      ))}
    </>
  );
}

function Windows({ data: { before, after, dayBefore, reason } }: { data: Comparison }) {
  const moment = useMoment();
  if (!before || !after) return null;
  const text = ({ from, to }: TimeWindow) => `${moment(from * 1000)} to ${moment(to * 1000)}`;
  return (
    <p className="muted">
      {roughDuration((before.to - before.from) * 1000)} each: before {text(before)}, after {text(after)}.{' '}
      {dayBefore ? 'The day before is the same hour as after.' : 'No data of the same hour a day before.'}
      {reason && ` ${reason}.`}
    </p>
  );
}

function JudgementBadge({ judgement }: { judgement: Judgement }) {
  const { text, badge } = JUDGEMENTS[judgement] ?? JUDGEMENTS['not observed'];
  return <span className={`badge badge-${badge}`}>{text}</span>;
}

function QueryLink({ of, window }: { of: Figure | ItemList; window: TimeWindow }) {
  const { to, search } = queryLink(of.language, of.query, window);
  return (
    <Link to={to} search={search as never} title={of.query}>
      {of.title}
    </Link>
  );
}

function Figures({ figures, window, hasDay }: { figures: Figure[]; window: TimeWindow; hasDay: boolean }) {
  const rows = byJudgement(figures.filter(({ judgement }) => judgement !== 'not observed'));
  const missing = figures.filter(({ judgement }) => judgement === 'not observed');
  return (
    <section className="panel service-panel" aria-label="Figures">
      <h2>Figures</h2>
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label="Figure list" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Figure</th>
                <th scope="col">Judgement</th>
                <th scope="col" className="num">
                  Before
                </th>
                <th scope="col" className="num">
                  After
                </th>
                <th scope="col" className="num">
                  Difference
                </th>
                {hasDay && (
                  <th scope="col" className="num">
                    Day before
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map((one) => (
                <tr key={one.id}>
                  <td>{one.query ? <QueryLink of={one} window={window} /> : one.title}</td>
                  <td
                    title={
                      one.limit === null
                        ? undefined
                        : `changed from a difference of ${figureText(one.limit, one.unit)}`
                    }
                  >
                    <JudgementBadge judgement={one.judgement} />
                  </td>
                  <td className="num">{figureText(one.before, one.unit)}</td>
                  <td className="num">{figureText(one.after, one.unit)}</td>
                  <td className="num">{differenceText(one)}</td>
                  {hasDay && <td className="num">{figureText(one.dayBefore, one.unit)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {missing.length > 0 && (
        <details className="deployment-missing">
          <summary>{counted(missing.length, 'figure')} not observed</summary>
          <ul>
            {missing.map(({ id, title, note }) => (
              <li key={id}>
                {title}: <span className="muted">{note}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Items({ list, window }: { list: ItemList; window: TimeWindow }) {
  const amount = (value: number) =>
    list.unit === 'ratio' ? formatValue(value, 'ratio', 3) : formatValue(value, 'none', 3);
  return (
    <section className="panel service-panel" aria-label={list.title}>
      <h2>
        <QueryLink of={list} window={window} />
      </h2>
      {list.items.length === 0 ? (
        <p className="muted">
          {list.note || `Nothing new or more frequent among ${list.compared} compared.`}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <div className="table-scroll" role="region" aria-label={`${list.title}, table`} tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Item</th>
                <th scope="col">Judgement</th>
                <th scope="col" className="num">
                  Before
                </th>
                <th scope="col" className="num">
                  After
                </th>
              </tr>
            </thead>
            <tbody>
              {list.items.map((item) => (
                <tr key={item.name}>
                  <td className="deployment-item">{item.name}</td>
                  <td>
                    <JudgementBadge judgement={item.judgement} />
                  </td>
                  <td className="num">{amount(item.before)}</td>
                  <td className="num">{amount(item.after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
