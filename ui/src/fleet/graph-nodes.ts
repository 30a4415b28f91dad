/** Nodes that run at agents. */
import type { AgentNode, PerAgent } from './api';

/** Nodes of all agents without doubles, in the order of the path of a record. */
export function nodesOf(
  answer: PerAgent<{ nodes: AgentNode[] }> | undefined,
): (AgentNode & { agents: number })[] {
  const out = new Map<string, AgentNode & { agents: number }>();
  for (const agent of answer?.agents ?? [])
    for (const node of agent.nodes ?? []) {
      const before = out.get(node.id);
      out.set(node.id, { ...node, agents: (before?.agents ?? 0) + 1 });
    }
  const order = ['receiver', 'processor', 'connector', 'exporter'];
  const rank = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length);
  return [...out.values()].sort((a, b) => rank(a.kind) - rank(b.kind) || a.id.localeCompare(b.id));
}
