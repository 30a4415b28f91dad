/** One entity: attributes, problems, objectives, charts of its series, relations, changes, logs and profile. */
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { PageTabs } from '../app/page-tabs';
import { Moment } from '../components/moment';
import { TimePicker } from '../components/time-picker';
import { Empty, Loading, PageHead } from '../components/ui';
import { EntityCost } from '../costs/parts';
import { EntityDatabase } from '../databases/parts';
import { quoted } from '../explore/logs/lexer';
import { EntityIncidents } from '../incidents/parts';
import { reasonOf, useEntity } from '../insight/api';
import { ChangeList } from '../insight/change-list';
import { ObjectivePanel, ProblemPanel } from '../insight/insight-panels';
import { EntityHealthBadge, kindText } from '../insight/parts';
import { PointBar } from '../insight/point-bar';
import { Relations } from '../insight/relations';
import { relationGroups } from '../insight/relations-model';
import { ResourcePanel } from '../insight/resource-panel';
import { measuredBy, namesQuery, streamSelector } from '../insight/resources';
import type { EntityAnswer } from '../insight/types';
import { useEntityInsight } from '../insight/use-insight';
import { hostsOf, partsOf } from '../insight/world';
import { spellDuration } from '../lib/time';
import { EntityRisks } from '../risks/parts';
import { exploreSearch, LogPatterns } from '../services/log-patterns';
import { type ServicesState, useServicesState } from '../services/state';
import { CpuFlames } from './flames';
import '../explore/traces/trace.css';
import '../services/services.css';
import '../insight/insight.css';
import './infrastructure.css';

export function EntityPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const state = useServicesState(`/infrastructure/entity/${encodeURIComponent(id)}`);
  const answer = useEntity(id);
  const entity = answer.data?.entity;
  return (
    <div className="page">
      <PageHead
        title={entity?.name ?? id}
        tab={`${entity ? kindText(entity.kind) : 'Entity'} ${entity?.name ?? id}`}
        lead={entity ? `${kindText(entity.kind)} · means over ${state.window}` : undefined}
      >
        <TimePicker
          value={state.time}
          refresh={state.refresh}
          busy={answer.isFetching}
          onChange={state.setTime}
          onRefresh={state.setRefresh}
          onRun={state.again}
        />
        <PageTabs />
      </PageHead>
      {answer.data ? (
        <Details answer={answer.data} state={state} />
      ) : answer.error ? (
        <Empty
          icon="host"
          title="Entity not found"
          actions={
            <Link to="/infrastructure" className="button button-plain">
              All entities
            </Link>
          }
        >
          {reasonOf(answer.error, 'Entities')}
        </Empty>
      ) : (
        <Loading label="Loading entity" />
      )}
    </div>
  );
}

function Details({ answer, state }: { answer: EntityAnswer; state: ServicesState }) {
  const { entity, validity } = answer;
  const insight = useEntityInsight(entity.id, entity.name, state.time.range);
  const [point, setPoint] = useState<number | null>(null);
  const { world } = insight;
  const measured = useMemo(() => measuredBy(entity, world ? partsOf(world, entity.id) : []), [entity, world]);
  const groups = useMemo(() => {
    const direct = relationGroups(entity.id, answer.outgoing, answer.incoming, world);
    const hosts = world ? hostsOf(world, entity.id) : [];
    return hosts.length > 0 && direct.every(({ title }) => title !== 'Runs on')
      ? [...direct, { title: 'Parts run on', entities: hosts }]
      : direct;
  }, [entity.id, answer, world]);
  const streams = streamSelector(entity);
  const container = entity.series.find((labels) => labels.container_id)?.container_id;
  const node = entity.kind === 'node' ? entity.series.find((labels) => labels.instance) : undefined;
  const names = namesQuery(entity);
  const first = validity[0];
  return (
    <>
      <section className="panel service-panel" aria-label="Facts">
        <dl className="entity-facts">
          <div>
            <dt>Status</dt>
            <dd>
              <EntityHealthBadge health={insight.health} />
            </dd>
          </div>
          {Object.entries(entity.attributes).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
          {first && (
            <div>
              <dt>Seen since</dt>
              <dd>
                <Moment ms={Date.parse(first.from)} />
              </dd>
            </div>
          )}
          <div>
            <dt>Id</dt>
            <dd>
              <code>{entity.id}</code>
            </dd>
          </div>
        </dl>
        <p className="panel-links entity-links">
          {names && (
            <Link to="/query" search={{ 'g0.expr': names, 'g0.tab': 'table' } as never}>
              Metrics
            </Link>
          )}
          {streams && (
            <Link to="/explore/logs" search={exploreSearch(state, streams) as never}>
              Logs
            </Link>
          )}
          <EntityDatabase entity={entity} carried={state.carried} />
          {container && (
            <Link to="/containers/container" search={{ ...state.carried, id: container } as never}>
              Requests and connections
            </Link>
          )}
          {node && (
            <Link to="/host" search={{ ...state.carried, instance: node.instance } as never}>
              Host
            </Link>
          )}
        </p>
      </section>
      <ProblemPanel insight={insight} />
      <EntityIncidents id={entity.id} start={state.start} />
      {insight.objectives !== undefined && insight.objectives.length > 0 && (
        <ObjectivePanel insight={insight} />
      )}
      {point !== null && (
        <PointBar
          time={point}
          queries={{ logs: streams, traces: '', profiles: streams }}
          onClose={() => setPoint(null)}
        />
      )}
      <ResourcePanel
        kind={entity.kind}
        entities={measured}
        state={state}
        markers={insight.markers}
        onPoint={streams ? setPoint : undefined}
      />
      <Relations groups={groups} carried={state.carried} />
      <ChangeList changes={insight.changes} range={spellDuration(state.time.range)} />
      <EntityRisks entity={entity} world={world} />
      <EntityCost id={entity.id} />
      {container && <CpuFlames query={`{container_id=${quoted(container)}}`} state={state} />}
      {streams && <LogPatterns matcher={streams.slice(1, -1)} state={state} />}
    </>
  );
}
