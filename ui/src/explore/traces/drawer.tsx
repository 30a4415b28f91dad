/** What one span carries: attributes, events, links, resource. */
import { Link } from '@tanstack/react-router';
import { Icon } from '../../components/icons';
import { Button, CopyButton } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { formatMoment } from '../../lib/time';
import { attributeName, termFor } from './filters';
import { logsSearch, metricsSearch, profilesSearch } from './links';
import type { Attribute } from './model';
import { formatAttribute } from './model';
import { duration, share } from './text';
import type { TraceTree, TreeNode } from './tree';

function Attributes({ title, scope, list }: { title: string; scope: string; list: Attribute[] }) {
  if (list.length === 0) return null;
  const sorted = [...list].sort((a, b) => a.key.localeCompare(b.key));
  return (
    <section className="span-section" aria-label={title}>
      <h3>{title}</h3>
      <dl>
        {sorted.map(({ key, value }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a key may repeat; the list never changes.
          <div key={`${key}#${i}`} className="span-field">
            <dt>{key}</dt>
            <dd>
              <span className="span-field-value">{formatAttribute(value) || '""'}</span>
              <span className="span-field-tools">
                {typeof value !== 'object' && (
                  <Link
                    to="/explore/traces"
                    search={{ query: `{ ${termFor(attributeName(scope, key), value)} }` } as never}
                    className="button button-ghost button-icon"
                    aria-label={`Find ${key}`}
                    title="Find spans"
                  >
                    <Icon name="search" size={14} />
                  </Link>
                )}
                <CopyButton label={`Copy ${key}`} text={() => formatAttribute(value)} />
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function SpanDrawer(props: {
  tree: TraceTree;
  node: TreeNode;
  local: boolean;
  onClose: () => void;
  onChoose: (index: number) => void;
}) {
  const { tree, node } = props;
  const { span } = node;
  const { trace } = tree;
  const utc = utcTime.use();
  const startMs = Number(trace.base / 1_000_000n) + span.start / 1e6;
  const metrics = metricsSearch(trace, span);
  const profiles = profilesSearch(trace, span);
  const parent = tree.nodes[node.parent];
  const facts: [string, React.ReactNode][] = [
    ['Duration', duration(span.duration)],
    ['Self time', `${duration(node.self)} (${share(node.self, span.duration)})`],
    ['Start', `${formatMoment(startMs, utc)} (+${duration(span.start)})`],
    ['Kind', span.kind],
    ['Status', span.statusMessage ? `${span.status}: ${span.statusMessage}` : span.status],
    ['Children', String(node.children.length)],
    ['Span id', <code key="id">{span.id}</code>],
  ];
  if (span.parentId) facts.push(['Parent id', <code key="parent">{span.parentId}</code>]);
  if (span.scope.name) facts.push(['Scope', [span.scope.name, span.scope.version].filter(Boolean).join(' ')]);
  if (span.traceState) facts.push(['Trace state', <code key="state">{span.traceState}</code>]);
  if (span.dropped > 0) facts.push(['Dropped', `${span.dropped} by the sender`]);
  return (
    <aside className="span-drawer" aria-label="Span">
      <header>
        <div>
          <p className="muted">{span.resource.service}</p>
          <h2>{span.name || '(no name)'}</h2>
        </div>
        <Button icon="close" look="ghost" label="Close" onClick={props.onClose} />
      </header>
      <div className="span-links">
        {!props.local && (
          <>
            <Link
              to="/explore/logs"
              search={logsSearch(trace, span) as never}
              className="button button-plain"
            >
              Logs of span
            </Link>
            {profiles && (
              <Link to="/explore/profiles" search={profiles as never} className="button button-plain">
                Profile of span
              </Link>
            )}
            {metrics && (
              <Link to="/query" search={metrics as never} className="button button-plain">
                Metrics of resource
              </Link>
            )}
          </>
        )}
        {parent && <Button onClick={() => props.onChoose(parent.index)}>To parent</Button>}
      </div>
      <dl className="span-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Attributes title="Attributes" scope="span" list={span.attributes} />
      {span.events.length > 0 && (
        <section className="span-section" aria-label="Events">
          <h3>Events</h3>
          {span.events.map((event, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity and never move.
            <details key={i} className="span-event-details" open={event.name === 'exception'}>
              <summary>
                <b>{event.name || '(no name)'}</b>{' '}
                <span className="muted">+{duration(event.time - span.start)}</span>
              </summary>
              {event.attributes.length > 0 && (
                <dl className="span-facts">
                  {event.attributes.map((a, k) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: a key may repeat; the list never changes.
                    <div key={`${a.key}#${k}`}>
                      <dt>{a.key}</dt>
                      <dd className={a.key.endsWith('stacktrace') ? 'span-stack' : undefined}>
                        {formatAttribute(a.value)}
                      </dd>
                    </div>
                  ))}
                </dl>
              )}
            </details>
          ))}
        </section>
      )}
      {span.links.length > 0 && (
        <section className="span-section" aria-label="Links">
          <h3>Links</h3>
          <ul className="span-link-list">
            {span.links.map((link, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: links may repeat and never move.
              <li key={i}>
                <Link
                  to="/explore/traces/$id"
                  params={{ id: link.traceId } as never}
                  search={{ span: link.spanId } as never}
                >
                  <code>{link.traceId}</code>
                </Link>{' '}
                span <code>{link.spanId}</code>
                {link.attributes.length > 0 && (
                  <span className="muted">
                    {' '}
                    {link.attributes.map((a) => `${a.key}=${formatAttribute(a.value)}`).join(', ')}
                  </span>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Attributes title="Resource" scope="resource" list={span.resource.attributes} />
    </aside>
  );
}
