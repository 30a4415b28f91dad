/** Search over pages, services and other entities, traces by id, metrics, targets, rules and alerts. */
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useMetricNames, useRules, useTargets } from '../api/queries';
import { Icon } from '../components/icons';
import { Dialog } from '../components/ui';
import { useDashboards } from '../dashboards/api';
import { useWorld } from '../insight/api';
import type { Entity } from '../insight/types';
import { metricSelector } from '../lib/labels';
import { type Entry, find, type Kind, traceEntry } from './find';
import { GROUPS } from './navigation';
import { has, isAgent } from './parts';

const queries = has('prometheus') && !isAgent;

const PAGES: Entry[] = GROUPS.flatMap((group) =>
  group.pages.flatMap((page) =>
    page.views.map(
      (view): Entry => ({
        kind: 'Page',
        name: view.name === page.name || page.views.length === 1 ? page.name : `${page.name}: ${view.name}`,
        detail: [group.name, view.words].filter(Boolean).join(' · '),
        to: view.to,
      }),
    ),
  ),
);

const ENTITY_KINDS: Record<string, Kind> = {
  service: 'Service',
  database: 'Database',
  database_instance: 'Database',
  workload: 'Workload',
  node: 'Node',
  container: 'Container',
  instance: 'Instance',
};

function entityEntry(entity: Entity): Entry[] {
  const kind = ENTITY_KINDS[entity.kind];
  if (!kind) return [];
  const { namespace, image, system } = entity.attributes;
  return [
    {
      kind,
      name: entity.name,
      detail: [namespace, system, image, entity.id].filter(Boolean).join(' · '),
      ...(kind === 'Service'
        ? { to: '/services/service/$name', params: { name: entity.name } }
        : { to: '/infrastructure/entity/$id', params: { id: entity.id } }),
    },
  ];
}

/** What the server has; lists that are not read yet are left out. */
function useEntries(): { entries: Entry[]; reading: boolean } {
  const metrics = useMetricNames(queries);
  const targets = useTargets(has('prometheus'));
  const rules = useRules(queries);
  const dashboards = useDashboards(queries).data;
  const world = useWorld(queries).data;
  const entries = useMemo(() => {
    const out = [...PAGES, ...(world?.world.entities ?? []).flatMap(entityEntry)];
    for (const d of dashboards?.dashboards ?? [])
      out.push({
        kind: 'Dashboard',
        name: d.title,
        detail: [d.folder, ...d.tags].filter(Boolean).join(' · '),
        to: '/dashboards/$uid',
        params: { uid: d.uid },
      });
    for (const group of rules.data?.groups ?? [])
      for (const rule of group.rules) {
        const alerting = rule.type === 'alerting';
        out.push({
          kind: 'Rule',
          name: rule.name,
          detail: rule.query,
          to: '/rules',
          search: { search: rule.name },
        });
        if (alerting && (rule.alerts?.length ?? 0) > 0)
          out.push({
            kind: 'Alert',
            name: rule.name,
            detail: `${rule.alerts?.length} ${rule.state}`,
            to: '/alerts',
            search: { search: rule.name },
          });
      }
    for (const target of targets.data?.data.activeTargets ?? [])
      out.push({
        kind: 'Target',
        name: target.scrapeUrl,
        detail: [target.health, ...Object.values(target.labels)].join(' · '),
        to: '/targets',
        search: { search: target.scrapeUrl },
      });
    for (const name of metrics.data?.data ?? [])
      out.push({
        kind: 'Metric',
        name,
        detail: '',
        to: '/query',
        search: { 'g0.expr': metricSelector(name), 'g0.tab': 'graph' },
      });
    return out;
  }, [metrics.data, targets.data, rules.data, world, dashboards]);
  return {
    entries,
    reading: (queries && (metrics.isLoading || rules.isLoading)) || (has('prometheus') && targets.isLoading),
  };
}

export function GlobalSearch({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const list = useId();
  const { entries, reading } = useEntries();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = useMemo(() => {
    const trace = queries ? traceEntry(text) : null;
    return find(trace ? [trace, ...entries] : entries, text);
  }, [entries, text]);
  const chosen = Math.min(at, Math.max(0, found.length - 1));
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector(`[data-at="${chosen}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const open = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    void navigate({
      to: entry.to,
      params: (entry.params ?? {}) as never,
      search: (entry.search ?? {}) as never,
    });
  };
  return (
    <Dialog title="Search" open onClose={onClose}>
      <div className="search-field find-field">
        <Icon name="search" size={16} />
        <input
          type="text"
          role="combobox"
          data-autofocus="true"
          aria-label="Search pages, services, containers, traces, metrics, targets, rules and alerts"
          aria-expanded={found.length > 0}
          aria-controls={list}
          aria-activedescendant={found.length > 0 ? `${list}-${chosen}` : undefined}
          placeholder="Pages, dashboards, services, containers, trace ids, metrics, alerts"
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(e) => {
            setText(e.target.value);
            setAt(0);
          }}
          onKeyDown={(e) => {
            const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
            if (by !== 0 && found.length > 0) {
              e.preventDefault();
              setAt((chosen + by + found.length) % found.length);
            } else if (e.key === 'Enter') {
              e.preventDefault();
              open(found[chosen]);
            }
          }}
        />
      </div>
      <div className="find-list" id={list} role="listbox" aria-label="Results" ref={box}>
        {found.map((entry, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys.
          <div
            key={`${entry.kind} ${entry.name} ${entry.detail} ${entry.to}`}
            id={`${list}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            data-at={i}
            className="find-item"
            onClick={() => open(entry)}
            onPointerMove={() => setAt(i)}
          >
            <span className="find-kind">{entry.kind}</span>
            <span className="find-name">{entry.name}</span>
            <span className="find-detail">{entry.detail}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <p className="muted find-none" role="status">
          {reading ? 'Loading names…' : 'No result'}
        </p>
      )}
    </Dialog>
  );
}
