/** Choice of a node among those that run at agents. */
import { useEffect, useMemo } from 'react';
import { Select } from '../components/ui';
import { counted } from '../lib/units';
import { useNodes } from './api';
import { nodesOf } from './graph-nodes';

export function NodeField(props: {
  selector: string;
  value: string;
  onChange: (node: string) => void;
  /** Kind of the node that is chosen first. */
  prefer: string;
}) {
  const { value, onChange, prefer } = props;
  const query = useNodes(props.selector, true);
  const nodes = useMemo(() => nodesOf(query.data), [query.data]);
  const asked = query.data?.agents.length ?? 0;
  const refused = query.data?.agents.find((one) => one.error)?.error;
  useEffect(() => {
    if (nodes.length > 0 && !nodes.some((one) => one.id === value))
      onChange((nodes.find((one) => one.kind === prefer) ?? nodes[0])?.id ?? '');
  }, [nodes, value, onChange, prefer]);
  return (
    <div className="fleet-field">
      <Select
        label="Node"
        value={value}
        choices={
          nodes.length === 0
            ? [{ value, label: query.isPending ? 'Reading nodes' : 'No nodes' }]
            : nodes.map((one) => ({
                value: one.id,
                label: one.agents === asked ? one.id : `${one.id} (${counted(one.agents, 'agent')})`,
              }))
        }
        onChange={onChange}
      />
      {query.error && <p className="fleet-why">{query.error.message}</p>}
      {!query.error && refused && nodes.length === 0 && <p className="fleet-why">{refused}</p>}
    </div>
  );
}
