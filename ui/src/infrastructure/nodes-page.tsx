/** Infrastructure → Nodes: machines with a node agent. */
import { Link } from '@tanstack/react-router';
import { ErrorNotice } from '../api/errors';
import { PageTabs } from '../app/page-tabs';
import { TimePicker } from '../components/time-picker';
import { Loading, PageHead, SearchField } from '../components/ui';
import { useHealth, useWorld } from '../insight/api';
import { EntityHealthBadge } from '../insight/parts';
import type { Entity, EntityHealth } from '../insight/types';
import { entitiesAt } from '../insight/world';
import { useServicesState } from '../services/state';
import { useNodes } from './api';
import type { NodeRow } from './model';
import { figure, NotObserved } from './parts';
import './infrastructure.css';

export function NodesPage() {
  const state = useServicesState('/nodes');
  const nodes = useNodes(state.end, state.window, state.attempt);
  const world = useWorld().data;
  const health = useHealth().data;
  const wanted = state.filter.toLowerCase();
  const rows = (nodes.data ?? []).filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <div className="page">
      <PageHead title="Nodes" lead={`Machines with a node agent, means over ${state.window}.`}>
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={nodes.isFetching}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
        <PageTabs />
      </PageHead>
      {nodes.error ? (
        <ErrorNotice error={nodes.error} />
      ) : !nodes.data ? (
        <Loading label="Loading nodes" />
      ) : nodes.data.length === 0 ? (
        <NotObserved what="nodes" />
      ) : (
        <section className="panel" aria-label="Nodes">
          <div className="panel-tools">
            <SearchField label="Filter nodes" value={state.filter} onChange={state.setFilter} />
            <span className="muted" role="status">
              {rows.length === 1 ? '1 node' : `${rows.length} nodes`}
            </span>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <div className="table-scroll" role="region" aria-label="Node list" tabIndex={0}>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Node</th>
                  <th scope="col">Status</th>
                  <th scope="col" className="num">
                    CPU
                  </th>
                  <th scope="col" className="num">
                    Cores
                  </th>
                  <th scope="col" className="num">
                    Memory
                  </th>
                  <th scope="col" className="num">
                    Received
                  </th>
                  <th scope="col" className="num">
                    Sent
                  </th>
                  <th scope="col" className="num">
                    Containers
                  </th>
                  <th scope="col" className="num">
                    Uptime
                  </th>
                  <th scope="col">Kernel</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((node) => {
                  const entity = world
                    ? entitiesAt(world, { machine_id: node.machine }).find(({ kind }) => kind === 'node')
                    : undefined;
                  return (
                    <Row
                      key={`${node.machine} ${node.instance}`}
                      node={node}
                      entity={entity}
                      health={entity && health?.get(entity.id)}
                      carried={state.carried}
                    />
                  );
                })}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </div>
  );
}

function Row({
  node,
  entity,
  health,
  carried,
}: {
  node: NodeRow;
  entity: Entity | undefined;
  health: EntityHealth | undefined;
  carried: Record<string, string>;
}) {
  return (
    <tr>
      <td>
        <Link to="/host" search={{ ...carried, instance: node.instance } as never} className="trace-link">
          {node.name}
        </Link>
      </td>
      <td>
        {entity ? (
          <Link to="/infrastructure/entity/$id" params={{ id: entity.id } as never} search={carried as never}>
            <EntityHealthBadge health={health} />
          </Link>
        ) : (
          <EntityHealthBadge health={undefined} />
        )}
      </td>
      <td className="num">{figure(node.cpu, 'ratio')}</td>
      <td className="num">{figure(node.cores, 'none')}</td>
      <td className="num">
        {figure(node.used, 'bytes')} <span className="muted">of {figure(node.memory, 'bytes')}</span>
      </td>
      <td className="num">{figure(node.received, 'bytes')}/s</td>
      <td className="num">{figure(node.sent, 'bytes')}/s</td>
      <td className="num">
        <Link to="/containers" search={{ ...carried, node: node.machine } as never}>
          {node.containers}
        </Link>
      </td>
      <td className="num">{figure(node.uptime, 'seconds')}</td>
      <td>{node.kernel}</td>
    </tr>
  );
}
