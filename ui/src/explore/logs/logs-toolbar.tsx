import { Button, Popover, Segmented, Select } from '../../components/ui';
import { AddToDashboard } from '../../dashboards/add-to-dashboard';
import { LIMITS, type LogsState, type View } from './state';

const VIEWS = [
  { value: 'list' as const, label: 'List', icon: 'logs' as const },
  { value: 'table' as const, label: 'Table', icon: 'table' as const },
  { value: 'patterns' as const, label: 'Patterns', icon: 'stacked' as const },
  { value: 'live' as const, label: 'Live', icon: 'play' as const },
];

const METRIC_VIEWS = [
  { value: 'list' as const, label: 'Graph', icon: 'graph' as const },
  { value: 'table' as const, label: 'Table', icon: 'table' as const },
];

function Columns({
  names,
  chosen,
  onToggle,
}: {
  names: string[];
  chosen: string[];
  onToggle: (name: string) => void;
}) {
  return (
    <Popover
      label="Columns"
      align="end"
      className="logs-columns"
      button={(open, toggle) => (
        <Button icon="table" aria-expanded={open} onClick={toggle}>
          Columns{chosen.length > 0 ? ` (${chosen.length})` : ''}
        </Button>
      )}
    >
      {() => (
        <div className="history-list">
          {names.length === 0 && <p className="muted">No fields yet.</p>}
          {[...new Set([...chosen, ...names])].map((name) => (
            <label key={name} className="check menu-item">
              <input type="checkbox" checked={chosen.includes(name)} onChange={() => onToggle(name)} /> {name}
            </label>
          ))}
        </div>
      )}
    </Popover>
  );
}

export function LogsToolbar(props: {
  state: LogsState;
  metric: boolean;
  names: string[];
  update: (patch: Partial<LogsState>) => void;
  toggleColumn: (name: string) => void;
  onAlert: () => void;
}) {
  const { state, update, metric } = props;
  const rows = !metric && (state.view === 'list' || state.view === 'table');
  const limits = [...new Set([...LIMITS, state.limit])].sort((a, b) => a - b);
  return (
    <div className="panel-tools">
      <Segmented<View>
        label="View"
        value={metric && state.view !== 'table' ? 'list' : state.view}
        choices={metric ? METRIC_VIEWS : VIEWS}
        onChange={(view) => update({ view })}
      />
      {rows && (
        <>
          <Select
            label="Order"
            hideLabel
            value={state.direction}
            choices={[
              { value: 'backward', label: 'Newest first' },
              { value: 'forward', label: 'Oldest first' },
            ]}
            onChange={(direction) => update({ direction })}
          />
          <Select
            label="Page size"
            hideLabel
            value={String(state.limit)}
            choices={limits.map((limit) => ({
              value: String(limit),
              label: `${limit.toLocaleString('en')} lines`,
            }))}
            onChange={(limit) => update({ limit: Number(limit) })}
          />
        </>
      )}
      {!metric && (state.view === 'list' || state.view === 'live') && (
        <Button icon="wrap" pressed={state.wrap} onClick={() => update({ wrap: !state.wrap })}>
          Wrap
        </Button>
      )}
      {!metric && state.view !== 'patterns' && (
        <Columns names={props.names} chosen={state.columns} onToggle={props.toggleColumn} />
      )}
      {rows && (
        <Button icon="sidebar" pressed={state.facets} onClick={() => update({ facets: !state.facets })}>
          Facets
        </Button>
      )}
      <Button icon="alerts" onClick={props.onAlert}>
        Alert
      </Button>
      <AddToDashboard
        named
        panel={{ signal: 'logs', query: state.query, kind: metric ? 'timeseries' : 'logs' }}
      />
    </div>
  );
}
