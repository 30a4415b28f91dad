/** The grid of a dashboard: rows that open and close, and panels in their places. */
import { type ReactNode, useMemo, useState } from 'react';
import { Icon } from '../components/icons';
import { plural } from '../lib/units';
import { layout } from './layout';
import type { Dashboard, Panel } from './model';
import { type PanelEnv, PanelView } from './panel-view';
import { interpolate, type Scope } from './variables';

export function Grid(props: {
  dashboard: Dashboard;
  scope: Scope;
  env: PanelEnv;
  tools?: (panel: Panel) => ReactNode;
}) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const placed = useMemo(
    () => layout(props.dashboard.items, props.scope, toggled),
    [props.dashboard, props.scope, toggled],
  );
  const toggle = (key: string) => {
    const next = new Set(toggled);
    if (!next.delete(key)) next.add(key);
    setToggled(next);
  };
  return (
    <div className="dash-grid">
      {placed.map((one) =>
        one.kind === 'row' ? (
          <div key={one.key} className="dash-row" style={{ gridRow: `${one.y + 1}`, gridColumn: '1 / -1' }}>
            <button type="button" aria-expanded={one.open} onClick={() => toggle(one.key)}>
              <Icon name="down" size={14} />
              <h2>{interpolate(one.title, one.scope, 'text') || 'Row'}</h2>
              {one.hidden > 0 && <span className="muted">{plural(one.hidden, 'panel')}</span>}
            </button>
          </div>
        ) : (
          <div
            key={one.key}
            className="dash-place"
            style={{
              gridColumn: `${one.place.x + 1} / span ${Math.min(one.place.w, 24 - one.place.x)}`,
              gridRow: `${one.place.y + 1} / span ${one.place.h}`,
            }}
          >
            <PanelView
              panel={one.panel}
              scope={one.scope}
              env={props.env}
              tools={one.copy ? undefined : props.tools?.(one.panel)}
            />
          </div>
        ),
      )}
    </div>
  );
}
