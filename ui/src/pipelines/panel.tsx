/** Everything about the component or the edge that is chosen. */
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '../api/client';
import { ErrorNotice } from '../api/errors';
import { has } from '../app/parts';
import { Moment } from '../components/moment';
import { Button, Notice } from '../components/ui';
import { roughDuration } from '../lib/time';
import { formatValue } from '../lib/units';
import {
  type Balance,
  type Blockage,
  type GraphEdge,
  type GraphNode,
  type Pipelines,
  type Queue,
  useDeadLetters,
} from './api';
import { BREAKER_WORDS, breakerOf, fullness, isMeant, type Rate, REASON_WORDS } from './model';
import { formatRate } from './rates';
import { RecordTap } from './record-tap';
import { Tap } from './tap';

const number = (n: number) => n.toLocaleString('en');

const ACCOUNT: [keyof Omit<Balance, 'dropped'>, string, string][] = [
  ['in', 'In', 'received from upstream components'],
  ['created', 'Created', 'created by this component'],
  ['restored', 'Restored', 'read from disk at startup'],
  ['revived', 'Replayed', 'requeued dead letters'],
  ['out', 'Out', 'sent downstream or acknowledged by the destination'],
  ['held', 'Buffered', 'queued or being processed'],
  ['deadLettered', 'Dead letters', 'rejected by the destination and kept'],
  ['returned', 'Rejected to sender', 'returned to the source with an error'],
  ['kept', 'Left on disk', 'still queued on disk when the component stopped'],
];

function Account({ signal, balance }: { signal: string; balance: Balance }) {
  return (
    <table className="panel-account">
      <caption>
        <i className={`signal-dot signal-${signal}`} /> {signal}, items since the start
      </caption>
      <tbody>
        {ACCOUNT.filter(([key]) => key === 'in' || key === 'out' || balance[key] > 0).map(
          ([key, name, title]) => (
            <tr key={key} title={title}>
              <th scope="row">{name}</th>
              <td>{number(balance[key])}</td>
            </tr>
          ),
        )}
        {Object.entries(balance.dropped).map(([reason, n]) => (
          <tr key={reason} className={isMeant(reason) ? undefined : 'is-bad'}>
            <th scope="row">
              {isMeant(reason) ? 'Filtered' : 'Dropped'}: {reason.replaceAll('_', ' ')}
            </th>
            <td>{number(n)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function QueueFacts({ queue }: { queue: Queue }) {
  const breaker = breakerOf(queue);
  const full = fullness(queue);
  const facts: [string, string][] = [
    ['Queued', `${number(queue.items)} items in ${number(queue.requests)} requests`],
    [
      'Size',
      `${formatValue(queue.bytes, 'bytes', 3)} of ${
        queue.capacityBytes > 0 ? formatValue(queue.capacityBytes, 'bytes', 3) : 'unlimited'
      }`,
    ],
    ['Oldest', queue.requests > 0 ? `queued for ${roughDuration(queue.oldestMillis)}` : 'queue empty'],
    ['In flight', `${queue.inFlight} of at most ${queue.concurrency} requests`],
    ['Retries', number(queue.retries)],
    [
      'Sending',
      BREAKER_WORDS[breaker] +
        (queue.pausedMillis > 0 ? `, retry in ${roughDuration(queue.pausedMillis)}` : ''),
    ],
  ];
  if (queue.onDisk)
    facts.push([
      'On disk',
      `${number(queue.onDisk.items)} items, ${formatValue(queue.onDisk.bytes, 'bytes', 3)} of ${formatValue(queue.onDisk.capacityBytes, 'bytes', 3)}`,
    ]);
  if (queue.deadLettersEvicted > 0)
    facts.push(['Dead letters deleted', `${number(queue.deadLettersEvicted)}, size limit reached`]);
  if (queue.damagedBytes > 0)
    facts.push(['Damaged', `${formatValue(queue.damagedBytes, 'bytes', 3)} of the queue on disk skipped`]);
  return (
    <section>
      <h3>Queue</h3>
      <span
        className={`meter${full >= 0.98 ? ' is-bad' : full >= 0.8 ? ' is-warn' : ''}`}
        role="img"
        aria-label={`${Math.round(full * 100)} percent full`}
      >
        <i style={{ width: `${Math.round(full * 100)}%` }} />
      </span>
      <dl className="panel-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {queue.lastError && (
        <Notice kind={breaker === 'closed' ? 'warning' : 'error'} title="Last error">
          <Moment ms={queue.lastErrorMillis} /> <span className="mono-text">{queue.lastError}</span>
        </Notice>
      )}
    </section>
  );
}

function DeadLetters({ node, count }: { node: string; count: number }) {
  const letters = useDeadLetters(node, count);
  const client = useQueryClient();
  const [busy, setBusy] = useState('');
  const [problem, setProblem] = useState<unknown>(null);
  if (count === 0) return null;
  const replay = async (id?: string) => {
    setBusy(id ?? 'all');
    setProblem(null);
    try {
      await post('pipelines/dead-letters/replay', { node, id });
    } catch (e) {
      setProblem(e);
    }
    setBusy('');
    await client.invalidateQueries({ queryKey: ['dead-letters', node] });
    await client.invalidateQueries({ queryKey: ['pipelines'] });
  };
  const shown = letters.data ?? [];
  return (
    <section>
      <h3 className="panel-title">
        Dead letters <span className="muted">{number(count)}</span>
        <Button disabled={busy !== ''} onClick={() => void replay()}>
          Send all again
        </Button>
      </h3>
      {letters.error && <ErrorNotice error={letters.error} />}
      {problem !== null && <ErrorNotice error={problem} />}
      <ul className="panel-letters">
        {shown.map((letter) => (
          <li key={letter.id}>
            <div>
              <span>
                {number(letter.items)} items, {formatValue(letter.bytes, 'bytes', 3)},{' '}
                <Moment ms={letter.millis} />
              </span>
              <span className="mono-text">{letter.reason}</span>
            </div>
            <Button disabled={busy !== ''} onClick={() => void replay(letter.id)}>
              Send again
            </Button>
          </li>
        ))}
      </ul>
      {count > shown.length && shown.length > 0 && (
        <p className="muted">The {shown.length} oldest are shown.</p>
      )}
    </section>
  );
}

function Where({ node }: { node: GraphNode }) {
  if (!node.where) return null;
  return (
    <p className="panel-where">
      <span className="mono-text">{node.where}</span>
      {has('prometheus') ? (
        <Link to="/status/$tab" params={{ tab: 'config' }} search={{ find: 'remote_write:' } as never}>
          In the configuration
        </Link>
      ) : (
        <Link
          to="/pipelines"
          search={{ view: 'config', kind: node.kind, component: node.component } as never}
        >
          In the configuration
        </Link>
      )}
    </p>
  );
}

function title(b: Blockage | undefined) {
  if (b?.effect !== 'cause') return 'Blocked';
  return b.reason === 'on_disk' ? 'Failing' : 'Blocking';
}

/** What keeps a node from making progress. */
function Blockages({ node }: { node: GraphNode }) {
  const blocked = node.blocked ?? [];
  if (blocked.length === 0) return null;
  return (
    <Notice kind="error" title={title(blocked[0])}>
      <ul className="panel-blocked">
        {blocked.map((b) => (
          <li key={`${b.by} ${b.signal}`}>
            {b.effect !== 'cause' && (
              <>
                {b.effect === 'starved' ? 'No data: blocked by ' : 'Blocked by '}
                <Link to="." search={((now: object) => ({ ...now, at: b.by })) as never}>
                  {b.byKind} {b.byComponent}
                </Link>
                ,{' '}
              </>
            )}
            {REASON_WORDS[b.reason]} <Moment ms={b.sinceMillis} /> ({b.signal})
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function NodePanel({ node, tap }: { node: GraphNode; tap: boolean }) {
  return (
    <>
      <Where node={node} />
      <Blockages node={node} />
      {!!node.repeatedItems && (
        <p className="muted">
          {number(node.repeatedItems)} items were sent again to some destinations because another did not take
          them.
        </p>
      )}
      {node.queue && <QueueFacts queue={node.queue} />}
      {node.queue && <DeadLetters node={node.id} count={node.queue.deadLetters} />}
      {Object.entries(node.signals).map(([signal, balance]) => (
        <Account key={signal} signal={signal} balance={balance} />
      ))}
      {node.kind !== 'extension' && !has('prometheus') && (
        <RecordTap key={node.id} node={node.id} allowed={tap} />
      )}
    </>
  );
}

function EdgePanel({ edge, rate, tap }: { edge: GraphEdge; rate: Rate | undefined; tap: boolean }) {
  const facts: [string, string][] = [
    ['Pipeline', edge.pipeline],
    ['Now', rate ? `${formatRate(rate, 'items')}, ${formatRate(rate, 'bytes')}` : 'not known yet'],
    [
      'Since the start',
      `${number(edge.items)} items in ${number(edge.batches)} batches, ${formatValue(edge.bytes, 'bytes', 3)}`,
    ],
  ];
  return (
    <>
      <dl className="panel-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Tap key={edge.id} edge={edge.id} allowed={tap} />
    </>
  );
}

export function Panel(props: {
  graph: Pipelines;
  rates: Map<string, Rate>;
  chosen: string;
  onClose: () => void;
}) {
  const { graph, chosen } = props;
  const node = graph.nodes.find((one) => one.id === chosen);
  const edge = graph.edges.find((one) => one.id === chosen);
  const name = (id: string) => graph.nodes.find((one) => one.id === id)?.component ?? id;
  return (
    <aside className="card panel" aria-label="Details">
      <header className="panel-head">
        <div>
          <p className="muted">
            {node ? `${node.kind}${node.part ? ` · ${node.part}` : ''}` : edge ? 'Throughput' : ''}
          </p>
          <h2>{node ? node.component : edge ? `${name(edge.from)} → ${name(edge.to)}` : 'Not found'}</h2>
        </div>
        <Button icon="close" look="ghost" label="Close details" onClick={props.onClose} />
      </header>
      {node && <NodePanel node={node} tap={graph.tap} />}
      {edge && <EdgePanel edge={edge} rate={props.rates.get(edge.id)} tap={graph.tap} />}
      {!node && !edge && (
        <p className="muted">A reload removed it from the graph, or the link is from another process.</p>
      )}
    </aside>
  );
}
