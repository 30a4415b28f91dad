/** Charts of processor, memory and network of an entity. */
import type { ChartMarker } from '../chart/markers';
import { Figure } from '../services/figure';
import type { ServicesState } from '../services/state';
import { leftOut, MAX_SETS, type ResourceChart, resourceCharts } from './resources';
import type { Entity } from './types';

const COLORS: Record<string, string> = { throttled: '--bad', limit: '--text-muted', total: '--text-muted' };

function Charts({
  charts,
  state,
  markers,
  onPoint,
}: {
  charts: ResourceChart[];
  state: ServicesState;
  markers: ChartMarker[];
  onPoint?: (time: number) => void;
}) {
  return (
    <div className="red-charts resource-charts">
      {charts.map(({ title, unit, lines }) => (
        <Figure
          key={`${title} ${lines.length}`}
          title={title}
          unit={unit}
          state={state}
          queries={lines.map(([name, expr]): [string, string, string] => [name, expr, COLORS[name] ?? ''])}
          markers={markers}
          onPoint={onPoint}
        />
      ))}
    </div>
  );
}

export function ResourcePanel({
  kind,
  entities,
  state,
  markers,
  onPoint,
}: {
  kind: string;
  entities: Entity[];
  state: ServicesState;
  markers: ChartMarker[];
  onPoint?: (time: number) => void;
}) {
  const charts = resourceCharts(kind, entities, state.window);
  const omitted = leftOut(entities);
  return (
    <section className="panel service-panel" aria-label="Resources">
      <h2>Resources</h2>
      {charts.length === 0 ? (
        <p className="muted">
          No data: no metrics of processor, memory or network are known for it or its parts.
        </p>
      ) : (
        <>
          <Charts charts={charts} state={state} markers={markers} onPoint={onPoint} />
          {omitted > 0 && (
            <p className="muted">
              The charts add up {MAX_SETS} of {MAX_SETS + omitted} parts.
            </p>
          )}
        </>
      )}
    </section>
  );
}
