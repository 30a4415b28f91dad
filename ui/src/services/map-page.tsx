/** Services → Map: who calls whom, with rate, errors and duration. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { TimePicker } from '../components/time-picker';
import { Button, Loading, PageHead, SearchField, Select } from '../components/ui';
import { useHealth, useWorldAt } from '../insight/api';
import { spellDuration } from '../lib/time';
import { useServiceMap } from './api';
import { Dependencies } from './dependencies';
import { NoServices } from './empty';
import {
  annotated,
  dependenciesOf,
  type Grouping,
  groupsBy,
  MAX_NODES,
  MOST_NODES,
  type ServiceMap,
  simplified,
} from './graph';
import { MapView } from './map-view';
import { ServiceLink } from './parts';
import './services.css';
import { useServicesState } from './state';
import { TimeSlider } from './time-slider';

/** Nodes whose name contains the text, and their neighbours. */
function narrowed(map: ServiceMap, text: string): ServiceMap {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return map;
  const hit = new Set(map.nodes.filter((n) => n.name.toLowerCase().includes(wanted)).map((n) => n.id));
  const edges = map.edges.filter((e) => hit.has(e.from) || hit.has(e.to));
  const kept = new Set([...hit, ...edges.flatMap((e) => [e.from, e.to])]);
  return { nodes: map.nodes.filter((n) => kept.has(n.id)), edges };
}

const GROUPINGS: Grouping[] = ['namespace', 'category', 'team', 'none'];

const GROUP_CHOICES = [
  { value: 'namespace' as const, label: 'Group by namespace' },
  { value: 'category' as const, label: 'Group by category' },
  { value: 'team' as const, label: 'Group by team' },
  { value: 'none' as const, label: 'No groups' },
];

const listOf = (text: string | undefined) => new Set((text ?? '').split(',').filter(Boolean));

export function ServiceMapPage() {
  const state = useServicesState('/services/map');
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const answer = useServiceMap(state.end, state.window, state.attempt);
  const past = state.time.end;
  const world = useWorldAt(past).data;
  const present = useHealth().data;
  // Health is known for the present only.
  const health = past === null ? present : undefined;
  const open = useMemo(() => listOf(search.open), [search.open]);
  const closed = useMemo(() => listOf(search.closed), [search.closed]);
  const by = GROUPINGS.find((one) => one === search.group) ?? 'namespace';
  const chosen = search.chosen ?? '';
  const data = answer.data;
  const all = useMemo(() => (data ? annotated(data, world, health) : null), [data, world, health]);
  const wanted = useMemo(() => (all ? narrowed(all, state.filter) : null), [all, state.filter]);
  const map = useMemo(
    () => (wanted ? simplified(wanted, by, { open, closed }) : null),
    [wanted, by, open, closed],
  );
  const update = useCallback(
    (patch: Record<string, string>) => {
      const next = Object.fromEntries(Object.entries({ ...search, ...patch }).filter(([, v]) => v !== ''));
      void navigate({ to: '/services/map', search: next as never, replace: true, resetScroll: false });
    },
    [navigate, search],
  );
  const { setTime, time } = state;
  const setEnd = (end: number | null) => setTime({ range: time.range, end });
  const choose = useCallback((id: string) => update({ chosen: id === chosen ? '' : id }), [update, chosen]);
  const collapse = useCallback(
    (id: string) => {
      // Of groups that were all opened, one closes.
      const others = open.has('all') && wanted ? groupsBy(wanted, by).map((group) => group.id) : [...open];
      update({
        open: others.filter((one) => one !== id).join(','),
        closed: [...closed, id].join(','),
        chosen: '',
      });
    },
    [update, open, closed, wanted, by],
  );
  const node = map?.nodes.find((n) => n.id === chosen);
  const grouped = map?.nodes.some((n) => n.kind === 'group');
  return (
    <div className="page">
      <PageHead
        title="Services"
        tab="Service map"
        lead={`Calls between services, means over ${state.window}.`}
      >
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={answer.isFetching}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
      </PageHead>
      <PageTabs />
      <TimeSlider end={state.end} isPast={past !== null} onChange={setEnd} />
      {answer.error ? (
        <ErrorNotice error={answer.error} />
      ) : !all || !map ? (
        <Loading label="Loading calls" />
      ) : all.nodes.length === 0 ? (
        <NoServices range={`the last ${spellDuration(Math.min(300_000, state.time.range))}`} />
      ) : (
        <>
          <div className="panel-tools">
            <SearchField label="Filter map" value={state.filter} onChange={state.setFilter} />
            <Select
              label="Groups"
              hideLabel
              value={by}
              choices={GROUP_CHOICES}
              onChange={(group) =>
                update({ group: group === 'namespace' ? '' : group, open: '', closed: '', chosen: '' })
              }
            />
            <span className="muted" role="status">
              {`${all.nodes.length} nodes, ${all.edges.length} calls`}
              {grouped && all.nodes.length > MAX_NODES && ` · grouped, more than ${MAX_NODES}`}
              {open.has('all') && all.nodes.length > MOST_NODES && ` · at most ${MOST_NODES} are shown`}
            </span>
            {grouped && !open.has('all') && (
              <Button onClick={() => update({ open: 'all', closed: '', chosen: '' })}>Expand all</Button>
            )}
            {(open.size > 0 || closed.size > 0) && (
              <Button onClick={() => update({ open: '', closed: '' })}>
                {open.size > 0 ? 'Collapse groups' : 'Reset groups'}
              </Button>
            )}
            <p className="map-legend">
              <span>Width: rate</span>
              <span>Amber: errors above 1 %</span>
              <span>Red: above 5 %</span>
              <span>Dashed: messages, external</span>
              <span>p95: client › callee</span>
            </p>
          </div>
          <MapView map={map} chosen={node ? chosen : ''} onChoose={choose} onCollapse={collapse} />
          {node && (
            <section className="panel map-side" aria-label="Chosen service">
              <header>
                <h2>{node.name}</h2>
                {node.kind === 'group' && (
                  <Button
                    icon="plus"
                    onClick={() =>
                      update({
                        open: [...open, node.id].join(','),
                        closed: [...closed].filter((id) => id !== node.id).join(','),
                        chosen: '',
                      })
                    }
                  >
                    Expand group
                  </Button>
                )}
                {(node.kind === 'service' || node.container !== undefined) && (
                  <ServiceLink
                    name={node.name}
                    container={node.container}
                    carried={state.carried}
                    className="button button-primary"
                  >
                    {node.container === undefined ? 'Open service' : 'Open container'}
                  </ServiceLink>
                )}
                <Button icon="close" look="ghost" label="Close" onClick={() => update({ chosen: '' })} />
              </header>
              {node.kind === 'group' && <p className="muted">{node.members.join(', ')}</p>}
              <Dependencies sides={dependenciesOf(map, node.id)} carried={state.carried} />
            </section>
          )}
        </>
      )}
    </div>
  );
}
