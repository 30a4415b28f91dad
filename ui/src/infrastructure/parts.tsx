/** Parts that the pages of nodes and containers share. */
import { Empty } from '../components/ui';
import { formatValue, type UnitId } from '../lib/units';

export const figure = (value: number | null, unit: UnitId): string =>
  value === null ? '–' : formatValue(value, unit, 3);

/** CPU as a share of one core. */
export const coresText = (cores: number | null): string =>
  cores === null ? '–' : `${formatValue(cores * 100, 'none', 3)}%`;

export function NotObserved({ what }: { what: string }) {
  return (
    <Empty icon="host" title={`No ${what}`}>
      No metrics of a node agent were received. A server without a configuration file observes its own machine
      when it runs as root; with a configuration file, give it <code>--observe</code>. Other machines send
      theirs with <code>tethys node-agent --metrics-endpoint=URL</code>.
    </Empty>
  );
}
