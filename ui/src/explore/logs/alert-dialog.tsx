/** Creates an alert that fires while a query gives more lines, or a larger number, than a limit. */
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { ErrorNotice } from '../../api/errors';
import { Button, Dialog, Notice, Select } from '../../components/ui';
import { createAlert } from './api';
import { alertQuery, isMetric } from './query';

const durations = (values: string[]) => values.map((value) => ({ value, label: value }));
const WINDOWS = durations(['1m', '5m', '15m', '1h']);
const HOLDS = durations(['0s', '1m', '5m', '15m']);
const SEVERITIES = durations(['critical', 'warning', 'info']);

export function AlertDialog({ query, onClose }: { query: string; onClose: () => void }) {
  const id = useId();
  const metric = isMetric(query);
  const [name, setName] = useState('LogAlert');
  const [above, setAbove] = useState('0');
  const [window, setWindow] = useState('5m');
  const [hold, setHold] = useState('0s');
  const [severity, setSeverity] = useState('warning');
  const [state, setState] = useState<{ busy: boolean; error: unknown; done: boolean }>({
    busy: false,
    error: null,
    done: false,
  });
  const limit = Number(above);
  const expr = above.trim() === '' || !Number.isFinite(limit) ? null : alertQuery(query, limit, window);
  const create = async () => {
    if (!expr) return;
    setState({ busy: true, error: null, done: false });
    try {
      await createAlert(name.trim(), expr, hold, severity);
      setState({ busy: false, error: null, done: true });
    } catch (error) {
      setState({ busy: false, error, done: false });
    }
  };
  return (
    <Dialog title="Alert on this query" open onClose={onClose}>
      {state.done ? (
        <Notice kind="info">
          The alert is evaluated every minute. <Link to="/rules">Show the rules</Link>
        </Notice>
      ) : (
        <form
          className="logs-alert"
          onSubmit={(e) => {
            e.preventDefault();
            void create();
          }}
        >
          <span className="field">
            <label className="field-label" htmlFor={`${id}-name`}>
              Name
            </label>
            <input id={`${id}-name`} required value={name} onChange={(e) => setName(e.target.value)} />
          </span>
          <span className="field">
            <label className="field-label" htmlFor={`${id}-above`}>
              {metric ? 'Value above' : 'Lines above'}
            </label>
            <input
              id={`${id}-above`}
              type="number"
              step="any"
              required
              value={above}
              onChange={(e) => setAbove(e.target.value)}
            />
          </span>
          {!metric && <Select label="Within" value={window} choices={WINDOWS} onChange={setWindow} />}
          <Select label="For" value={hold} choices={HOLDS} onChange={setHold} />
          <Select label="Severity" value={severity} choices={SEVERITIES} onChange={setSeverity} />
          {expr && <pre className="logs-alert-expr">{expr}</pre>}
          {state.error !== null && <ErrorNotice error={state.error} />}
          <div className="logs-alert-tools">
            <Button type="submit" look="primary" disabled={state.busy || !expr || name.trim() === ''}>
              Create alert
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
