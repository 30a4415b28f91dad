/** State of agents and rollouts in words, and sums over the fleet. */
import type { Agent, AuditEntry, Items, Rollout } from './api';

export type State = 'failed' | 'unhealthy' | 'away' | 'applying' | 'kept' | 'healthy' | 'unknown';

/** What is worst about an agent comes first in lists. */
const ORDER: State[] = ['failed', 'unhealthy', 'away', 'applying', 'kept', 'unknown', 'healthy'];

export const BADGES: Record<State, { name: string; badge: string }> = {
  failed: { name: 'Configuration rejected', badge: 'err' },
  unhealthy: { name: 'Unhealthy', badge: 'err' },
  away: { name: 'Away', badge: 'warn' },
  applying: { name: 'Applying', badge: 'warn' },
  kept: { name: 'Keeps a rolled-back version', badge: 'warn' },
  unknown: { name: 'No health', badge: 'histogram' },
  healthy: { name: 'Healthy', badge: 'ok' },
};

export function stateOf(agent: Agent): State {
  if (agent.configuration.state === 'failed') return 'failed';
  if (!agent.connected) return 'away';
  if (agent.health && !agent.health.healthy) return 'unhealthy';
  if (agent.configuration.name !== undefined && agent.configuration.current === false) return 'applying';
  if (agent.configuration.kept) return 'kept';
  return agent.health ? 'healthy' : 'unknown';
}

/** The name that people know an agent by, with what tells it from others of that name. */
export function nameOf(agent: Agent): { name: string; detail: string } {
  const labels = agent.labels;
  const service = labels['service.name'] ?? 'agent';
  const name = labels.name || service;
  const detail = [
    labels.name ? service : undefined,
    labels['host.name'],
    labels['service.instance.id'] ?? agent.uid.slice(0, 8),
  ]
    .filter(Boolean)
    .join(' · ');
  return { name, detail };
}

/** Labels that describe the process and machine, and not what people call an agent by. */
const DESCRIBING = /^(service|host|os|process|telemetry)\./;

/** An agent by the labels that people gave it; by its name where it has none. */
export function agentName(agent: Agent): string {
  if (agent.labels.name) return agent.labels.name;
  const own = Object.entries(agent.labels)
    .filter(([key]) => !DESCRIBING.test(key))
    .map(([key, value]) => `${key}=${value}`);
  const { name, detail } = nameOf(agent);
  return own.length > 0 ? own.join(' ') : `${name} ${detail}`;
}

export function sorted(agents: Agent[]): Agent[] {
  return [...agents].sort(
    (a, b) =>
      ORDER.indexOf(stateOf(a)) - ORDER.indexOf(stateOf(b)) ||
      nameOf(a).name.localeCompare(nameOf(b).name) ||
      a.uid.localeCompare(b.uid),
  );
}

/** Words are looked for in names, states and `name=value` of labels. */
export function matching(agents: Agent[], text: string): Agent[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return agents.filter((agent) => {
    const all = [
      agent.uid,
      BADGES[stateOf(agent)].name,
      agent.configuration.name ?? '',
      ...Object.entries(agent.labels).map(([name, value]) => `${name}=${value}`),
    ]
      .join('\n')
      .toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

export const dropped = (items: Items): number =>
  Object.values(items.dropped).reduce((sum, one) => sum + one, 0);

/** Items of all agents that report them. */
export function total(agents: Agent[]): Items {
  const sum: Items = { in: 0, out: 0, queued: 0, deadLettered: 0, returned: 0, dropped: {} };
  for (const { items } of agents) {
    if (!items) continue;
    sum.in += items.in;
    sum.out += items.out;
    sum.queued += items.queued;
    sum.deadLettered += items.deadLettered;
    sum.returned += items.returned;
    for (const [reason, count] of Object.entries(items.dropped))
      sum.dropped[reason] = (sum.dropped[reason] ?? 0) + count;
  }
  return sum;
}

/** Reasons of drops, the most frequent first. */
export const reasons = (items: Items): [string, number][] =>
  Object.entries(items.dropped)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);

export const isActive = (rollout: Rollout): boolean =>
  rollout.state === 'running' || rollout.state === 'paused';

export const ROLLOUT_BADGES: Record<Rollout['state'], { name: string; badge: string }> = {
  running: { name: 'Running', badge: 'warn' },
  paused: { name: 'Paused', badge: 'warn' },
  done: { name: 'Done', badge: 'ok' },
  undone: { name: 'Undone', badge: 'err' },
  cancelled: { name: 'Cancelled', badge: 'histogram' },
};

const WAITING = 'waiting: ';

/** State of a rollout; a running one whose stage cannot be judged yet waits. */
export const rolloutBadge = (rollout: Rollout): { name: string; badge: string } =>
  rollout.state === 'running' && rollout.stateReason.startsWith(WAITING)
    ? { name: 'Waiting', badge: 'warn' }
    : ROLLOUT_BADGES[rollout.state];

/** Reason of the state of a rollout, without the word that its badge has. */
export const rolloutReason = (rollout: Rollout): string =>
  rollout.stateReason.startsWith(WAITING) ? rollout.stateReason.slice(WAITING.length) : rollout.stateReason;

/** Parts of a rollout that were not judged, with the reason; each is a sentence. */
export function notJudged(rollout: Rollout): string[] {
  const out =
    rollout.outputs?.rows
      .filter((row) => !row.judged && row.attribute === '')
      .map((row) => `Outputs of ${row.signal} not judged: ${row.notJudged ?? 'too little data'}.`) ?? [];
  if (rollout.outputs === undefined && !rollout.outputsHidden && rollout.state === 'done') {
    out.push('Outputs not compared: too few volume reports with items arrived during the rollout.');
  }
  for (const one of rollout.notJudged ?? []) out.push(`${one.charAt(0).toUpperCase()}${one.slice(1)}.`);
  if (rollout.acceptedStage !== undefined) {
    out.push(
      rollout.acceptedStage === 1
        ? 'A user approved stage 1, whose guard could not be evaluated.'
        : `A user approved stage ${rollout.acceptedStage}, the last whose guard could not be evaluated.`,
    );
  }
  return out;
}

/** Parts of a unified diff by what they do. */
export function diffLines(text: string): { kind: 'added' | 'removed' | 'place' | 'same'; text: string }[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => ({
      kind: line.startsWith('@@')
        ? 'place'
        : line.startsWith('+')
          ? 'added'
          : line.startsWith('-')
            ? 'removed'
            : 'same',
      text: line,
    }));
}

/** States of a file of the repository. */
export const SOURCE_STATES: Record<string, { name: string; badge: string; meaning: string }> = {
  current: { name: 'Current', badge: 'ok', meaning: 'In effect.' },
  pending: { name: 'Pending', badge: 'warn', meaning: 'The version awaits a rollout.' },
  waiting: { name: 'Waiting', badge: 'warn', meaning: 'Waiting for an agent, a rollout or a version.' },
  'rolling out': { name: 'Rolling out', badge: 'warn', meaning: 'The rollout is active.' },
  undone: {
    name: 'Undone',
    badge: 'err',
    meaning: 'The rollout was undone; change the file to try again.',
  },
  ended: { name: 'Ended', badge: 'histogram', meaning: 'The end time has passed.' },
  drift: {
    name: 'Drift',
    badge: 'err',
    meaning: 'A later version was added, or the running state differs from the file.',
  },
  'not in the repository': {
    name: 'Not in Git',
    badge: 'histogram',
    meaning: 'Running, but not in the repository.',
  },
  'not in the cluster': {
    name: 'No object',
    badge: 'histogram',
    meaning: 'Running, but not in the cluster.',
  },
  invalid: {
    name: 'Invalid',
    badge: 'err',
    meaning: 'The file has an error; its previous content stays in effect.',
  },
};

/** Items in a second of agents together. */
export interface Rates {
  in: number;
  out: number;
  /** Agents whose rates are known. */
  known: number;
}

export function ratesOf(agents: Agent[]): Rates {
  const sum = { in: 0, out: 0, known: 0 };
  for (const { items } of agents) {
    if (items?.inPerSecond === undefined) continue;
    sum.in += items.inPerSecond;
    sum.out += items.outPerSecond ?? 0;
    sum.known++;
  }
  return sum;
}

/** What an entry of the audit log changed, by name: before, after, or both where it was there. */
export const changesOf = (
  entry: Pick<AuditEntry, 'before' | 'after'>,
): { name: string; before?: string; after?: string }[] =>
  [...new Set([...Object.keys(entry.before), ...Object.keys(entry.after)])].map((name) => ({
    name,
    before: entry.before[name],
    after: entry.after[name],
  }));

/** How many connected agents a selector matches: "1 connected agent matches". */
export function connectedMatch(agents: Agent[] | undefined): string {
  const n = agents?.filter((one) => one.connected).length ?? 0;
  return `${n} connected ${n === 1 ? 'agent matches' : 'agents match'}`;
}

/** Which agents a sum is of, where these are not all. */
export const ofReporting = (known: number, all: number): string =>
  known === all ? '' : `of ${known} ${known === 1 ? 'agent that reports' : 'agents that report'}`;
