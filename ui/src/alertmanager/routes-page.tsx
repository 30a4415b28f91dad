/** The routing tree as a picture, and where an alert with given labels goes, with the reasons. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { ErrorNotice, isMissing } from '../api/errors';
import type { LabelSet } from '../api/types';
import { Icon } from '../components/icons';
import { Button, Empty, LabelChips, Loading, Notice } from '../components/ui';
import { formatDuration } from '../lib/time';
import { type Route, type RouteTest, useRoutes, useRouteTest } from './api';
import { Frame } from './frame';
import { readMatchers } from './matchers';
import { CARD_HEIGHT, CARD_WIDTH, link, type Place, type Tree, treeOf, wayTo } from './tree';

/** Labels as matchers write them, all with =, separated by commas or white space. */
function readLabels(text: string): LabelSet {
  const out: LabelSet = {};
  for (const matcher of readMatchers(text, true)) {
    if (matcher.isRegex || !matcher.isEqual)
      throw new Error(`Alert labels use the operator =: ${matcher.name}="…"`);
    if (matcher.name in out) throw new Error(`Label ${matcher.name} appears twice`);
    out[matcher.name] = matcher.value;
  }
  return out;
}

const said = (route: Route) => (route.matchers.length === 0 ? 'all alerts' : route.matchers.join(' '));

type Mark = 'taken' | 'way' | 'failed' | 'other' | '';

function marks(tree: Tree, test: RouteTest | undefined): Map<number, Mark> {
  const out = new Map<number, Mark>();
  if (!test) return out;
  for (const { route } of tree.places) out.set(route.id, 'other');
  for (const step of test.steps) out.set(step.id, step.matched ? 'way' : 'failed');
  for (const { id } of test.routes) {
    for (const above of wayTo(tree, id)) out.set(above, 'way');
  }
  for (const { id } of test.routes) out.set(id, 'taken');
  return out;
}

function Card({
  place,
  mark,
  onChoose,
  chosen,
}: {
  place: Place;
  mark: Mark;
  chosen: boolean;
  onChoose: () => void;
}) {
  const { route } = place;
  return (
    <button
      type="button"
      className={`route-card mark-${mark || 'none'}${chosen ? ' is-chosen' : ''}`}
      style={{ left: place.x, top: place.y, width: CARD_WIDTH, height: CARD_HEIGHT }}
      aria-pressed={chosen}
      onClick={onChoose}
    >
      <span className="route-receiver">
        {route.receiver}
        {mark === 'taken' && <Icon name="check" size={14} />}
      </span>
      <span className="route-matchers" title={route.matchers.join(' ')}>
        {said(route)}
      </span>
      <span className="route-notes">
        {route.continue && <span className="badge">continues</span>}
        {route.mutedBy.length > 0 && <span className="badge badge-warn">muted now</span>}
        <span className="muted">by {route.groupBy.join(', ') || 'nothing'}</span>
      </span>
    </button>
  );
}

function Picture(props: {
  tree: Tree;
  marked: Map<number, Mark>;
  chosen: number | null;
  onChoose: (id: number) => void;
}) {
  const { tree, marked } = props;
  const places = new Map(tree.places.map((place) => [place.route.id, place]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className="route-frame card" tabIndex={0} aria-label="Routing tree">
      <div className="route-tree" style={{ width: tree.width, height: tree.height }}>
        <svg width={tree.width} height={tree.height} aria-hidden="true">
          {tree.places.map((place) => {
            const parent = place.parent === null ? undefined : places.get(place.parent);
            const mark = marked.get(place.route.id) ?? '';
            return (
              parent && (
                <path
                  key={place.route.id}
                  d={link(parent, place)}
                  className={`route-link mark-${mark || 'none'}`}
                />
              )
            );
          })}
        </svg>
        {tree.places.map((place) => (
          <Card
            key={place.route.id}
            place={place}
            mark={marked.get(place.route.id) ?? ''}
            chosen={props.chosen === place.route.id}
            onChoose={() => props.onChoose(place.route.id)}
          />
        ))}
      </div>
    </section>
  );
}

function RouteFacts({ route }: { route: Route }) {
  const facts: [string, string][] = [
    ['Receiver', route.receiver],
    ['Matchers', said(route)],
    ['Group by', route.groupBy.join(', ') || 'none: all alerts form one group'],
    ['Group wait', formatDuration(route.groupWaitMillis)],
    ['Group interval', formatDuration(route.groupIntervalMillis)],
    ['Repeat interval', formatDuration(route.repeatIntervalMillis)],
    ['Continue', route.continue ? 'yes: later sibling routes are also tried' : 'no'],
  ];
  if (route.muteTimeIntervals.length > 0) facts.push(['Muted in', route.muteTimeIntervals.join(', ')]);
  if (route.activeTimeIntervals.length > 0) facts.push(['Active in', route.activeTimeIntervals.join(', ')]);
  if (route.where) facts.push(['Defined at', route.where]);
  return (
    <section className="card am-facts">
      <h2>Route to {route.receiver}</h2>
      {route.mutedBy.length > 0 && (
        <Notice kind="warning">No notifications now: muted by {route.mutedBy.join(', ')}.</Notice>
      )}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Answer({ test, tree }: { test: RouteTest; tree: Tree }) {
  const routes = new Map(tree.places.map((place) => [place.route.id, place.route]));
  const name = (id: number) => {
    const route = routes.get(id);
    return route ? `${route.receiver} (${said(route)})` : `route ${id}`;
  };
  return (
    <div className="route-answer" aria-live="polite">
      <h2>Goes to {[...new Set(test.routes.map((route) => route.receiver))].join(' and ')}</h2>
      {test.silencedBy.length > 0 && (
        <Notice kind="warning" title="No notification now: silenced">
          {test.silencedBy.map((id) => (
            <Link key={id} to="/alertmanager/silences/$id" params={{ id }}>
              {id}
            </Link>
          ))}
        </Notice>
      )}
      {test.inhibitedBy.length > 0 && (
        <Notice kind="warning" title="No notification now: inhibited by another alert">
          {test.inhibitedBy.join(', ')}
        </Notice>
      )}
      {test.routes.map((taken) => (
        <div key={taken.id} className="route-taken">
          <strong>{taken.receiver}</strong>
          {Object.keys(taken.group).length > 0 ? (
            <span>
              in the group <LabelChips labels={taken.group} />
            </span>
          ) : (
            <span>
              {(routes.get(taken.id)?.groupBy.length ?? 0) > 0
                ? `grouped with alerts without ${routes.get(taken.id)?.groupBy.join(' and ')}`
                : "in this route's only group"}
            </span>
          )}
          {taken.mutedBy.length > 0 && (
            <span className="badge badge-warn">muted now by {taken.mutedBy.join(', ')}</span>
          )}
        </div>
      ))}
      <h3>Why</h3>
      <ol className="route-steps">
        {test.steps.map((step) => (
          <li key={step.id} className={step.matched ? 'is-matched' : ''}>
            <Icon name={step.matched ? 'check' : 'close'} size={14} />
            <span>
              {name(step.id)}
              {!step.matched && (
                <span className="muted">
                  {' '}
                  does not match <code>{step.matcher}</code>:{' '}
                  {step.value ? <>the value is “{step.value}”</> : 'the alert does not have this label'}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

const TYPING_MS = 300;

export function RoutesPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const routes = useRoutes();
  const [text, setText] = useState(search.labels ?? '');
  const [chosen, setChosen] = useState<number | null>(null);
  const asked = search.labels ?? '';
  let labels: LabelSet = {};
  let problem = '';
  try {
    labels = readLabels(asked);
  } catch (e) {
    problem = e instanceof Error ? e.message : String(e);
  }
  const asks = Object.keys(labels).length > 0 && problem === '';
  const test = useRouteTest(labels, asks);
  const tree = useMemo(() => (routes.data ? treeOf(routes.data) : undefined), [routes.data]);
  const result = asks ? test.data : undefined;
  const marked = useMemo(() => (tree ? marks(tree, result) : new Map<number, Mark>()), [tree, result]);
  const ask = (next: string) =>
    void navigate({
      to: '/alertmanager/routes',
      search: (next ? { labels: next } : {}) as never,
      replace: true,
      resetScroll: false,
    });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed is asked for, nothing else.
  useEffect(() => {
    if (text.trim() === asked) return;
    const timer = setTimeout(() => ask(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const route = tree?.places.find((place) => place.route.id === chosen)?.route;
  return (
    <Frame
      title="Routing"
      lead={
        tree
          ? `${tree.places.length.toLocaleString('en')} ${tree.places.length === 1 ? 'route' : 'routes'}; the deepest matching route wins`
          : undefined
      }
    >
      {routes.error && !isMissing(routes.error) && <ErrorNotice error={routes.error} />}
      {isMissing(routes.error) && <Empty icon="plan" title="This Alertmanager does not expose its routes" />}
      {routes.isPending && <Loading label="Loading routes" />}
      {tree && (
        <>
          <form
            className="card route-test"
            onSubmit={(e) => {
              e.preventDefault();
              ask(text.trim());
            }}
          >
            <label>
              <span>Labels of an alert</span>
              <input
                value={text}
                spellCheck={false}
                autoComplete="off"
                placeholder={'alertname="DiskFull", severity="page", team="db"'}
                onChange={(e) => setText(e.target.value)}
              />
            </label>
            {asked !== '' && (
              <Button
                icon="close"
                look="ghost"
                label="Clear the labels"
                onClick={() => {
                  setText('');
                  ask('');
                }}
              />
            )}
          </form>
          {problem && (
            <p className="field-problem" role="alert">
              {problem}
            </p>
          )}
          {asks && test.error && <ErrorNotice error={test.error} />}
          {result && (
            <section className="card">
              <p className="route-labels">
                <span className="muted">Labels:</span> <LabelChips labels={labels} />
              </p>
              <Answer test={result} tree={tree} />
            </section>
          )}
          <Picture
            tree={tree}
            marked={marked}
            chosen={chosen}
            onChoose={(id) => setChosen(chosen === id ? null : id)}
          />
          {route && <RouteFacts route={route} />}
        </>
      )}
    </Frame>
  );
}
