import { useEffect, useState } from 'react';
import { Icon } from '../components/icons';
import { Button, Popover, Segmented, Select } from '../components/ui';
import { type Store, utcTime } from '../lib/store';
import {
  describeRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  type TimeRange,
} from '../lib/time';
import { UNIT_CHOICES, type UnitId } from '../lib/units';
import { queryHistory } from './history';
import type { Display, PanelState, Resolution } from './state';

const RESOLUTIONS: { value: string; label: string }[] = [
  { value: 'low', label: 'Low resolution' },
  { value: 'medium', label: 'Medium resolution' },
  { value: 'high', label: 'High resolution' },
  ...['1s', '5s', '10s', '15s', '30s', '1m', '5m', '15m', '1h', '6h', '1d'].map((text) => ({
    value: text,
    label: `Step ${text}`,
  })),
];

function resolutionValue(resolution: Resolution): string {
  return resolution.kind === 'auto' ? resolution.density : formatDuration(resolution.step);
}

function readResolution(value: string): Resolution {
  if (value === 'low' || value === 'medium' || value === 'high') return { kind: 'auto', density: value };
  return { kind: 'fixed', step: parseDuration(value) ?? 60_000 };
}

export function ResolutionSelect({
  value,
  onChange,
}: {
  value: Resolution;
  onChange: (value: Resolution) => void;
}) {
  const current = resolutionValue(value);
  const choices = RESOLUTIONS.some((c) => c.value === current)
    ? RESOLUTIONS
    : [...RESOLUTIONS, { value: current, label: `Step ${current}` }];
  return (
    <Select
      label="Resolution"
      hideLabel
      value={current}
      choices={choices}
      onChange={(text) => onChange(readResolution(text))}
    />
  );
}

export function MomentField({
  value,
  onChange,
}: {
  value: number | null;
  onChange: (value: number | null) => void;
}) {
  const utc = utcTime.use();
  const written = value === null ? '' : formatMoment(value, utc);
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const wrong = text.trim() !== '' && parseMoment(text, utc) === null;
  const commit = () => {
    const next = text.trim() === '' ? null : parseMoment(text, utc);
    if (!wrong && next !== value) onChange(next);
  };
  return (
    <label className="moment-field">
      <span className="field-label">At</span>
      <input
        value={text}
        placeholder="end of range"
        aria-invalid={wrong}
        aria-label="Evaluation time, like 2026-11-20 09:15"
        title="Evaluation time, like 2026-11-20 09:15. Empty: the end of the time range."
        onChange={(e) => setText(e.target.value)}
        onBlur={commit}
        onKeyDown={(e) => {
          if (e.key === 'Enter') commit();
        }}
      />
    </label>
  );
}

export function HistoryMenu({
  onPick,
  history = queryHistory,
}: {
  onPick: (expr: string) => void;
  history?: Store<string[]>;
}) {
  const list = history.use();
  return (
    <Popover
      label="Recent queries"
      align="end"
      className="history-popover"
      button={(_open, toggle) => (
        <Button icon="history" look="ghost" label="Recent queries" onClick={toggle} />
      )}
    >
      {(close) => (
        <>
          <div className="popover-head">
            <strong>Recent queries</strong>
            {list.length > 0 && (
              <Button look="ghost" onClick={() => history.set([])}>
                Clear
              </Button>
            )}
          </div>
          {list.length === 0 && (
            <p className="muted">Queries that you run are kept here, in this browser only.</p>
          )}
          <div className="history-list">
            {list.map((expr) => (
              <button
                key={expr}
                type="button"
                className="menu-item mono-text"
                onClick={() => {
                  onPick(expr);
                  close();
                }}
              >
                {expr}
              </button>
            ))}
          </div>
        </>
      )}
    </Popover>
  );
}

export function Toolbar({
  panel,
  update,
  time,
  ownTime,
  clearOwnTime,
}: {
  panel: PanelState;
  update: (patch: Partial<PanelState>) => void;
  time: TimeRange;
  ownTime: boolean;
  clearOwnTime: () => void;
}) {
  const utc = utcTime.use();
  return (
    <div className="panel-tools">
      <Segmented
        label="View"
        value={panel.tab}
        choices={[
          { value: 'graph', label: 'Graph', icon: 'graph' },
          { value: 'table', label: 'Table', icon: 'table' },
          { value: 'explain', label: 'Explain', icon: 'plan' },
        ]}
        onChange={(tab) => update({ tab })}
      />
      {panel.tab === 'graph' && (
        <>
          <Segmented<Display>
            label="Drawing"
            value={panel.display}
            choices={[
              { value: 'lines', label: 'Lines', icon: 'lines', iconOnly: true },
              { value: 'stacked', label: 'Stacked', icon: 'stacked', iconOnly: true },
              { value: 'heatmap', label: 'Heatmap', icon: 'heatmap', iconOnly: true },
            ]}
            onChange={(display) => update({ display })}
          />
          <ResolutionSelect value={panel.resolution} onChange={(resolution) => update({ resolution })} />
          <Button
            look="plain"
            label={`Min ${panel.floor ?? 0}: start of the axis`}
            pressed={panel.floor !== null}
            onClick={() => update({ floor: panel.floor === null ? 0 : null })}
          >
            Min {panel.floor ?? 0}
          </Button>
          <Button
            icon="exemplar"
            look="plain"
            pressed={panel.exemplars}
            onClick={() => update({ exemplars: !panel.exemplars })}
          >
            Exemplars
          </Button>
        </>
      )}
      {panel.tab === 'table' && (
        <MomentField value={panel.moment} onChange={(moment) => update({ moment })} />
      )}
      {panel.tab !== 'explain' && (
        <Select
          label="Unit"
          hideLabel
          value={panel.unit}
          choices={[
            { value: 'auto' as const, label: 'Unit: automatic' },
            ...UNIT_CHOICES.map((u) => ({ value: u.id, label: u.name })),
          ]}
          onChange={(unit) => update({ unit: unit as UnitId | 'auto' })}
        />
      )}
      {ownTime && (
        <span className="own-time">
          <Icon name="clock" size={14} /> {describeRange(time, utc)}
          <Button icon="close" look="ghost" label="Use the page's time range" onClick={clearOwnTime} />
        </span>
      )}
    </div>
  );
}
