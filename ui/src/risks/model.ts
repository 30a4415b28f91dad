/** Groups of risks. */
import type { Risk } from './api';

export interface RiskGroup {
  inspection: string;
  title: string;
  category: string;
  remedy: string;
  risks: Risk[];
}

/** Open risks by their inspection, critical ones and large groups first. */
export function groupsOf(all: Risk[], text: string): RiskGroup[] {
  const groups = new Map<string, RiskGroup>();
  const wanted = text.toLowerCase();
  for (const one of all) {
    const { inspection, title, category, remedy, entity, message } = one.risk;
    if (!`${title} ${category} ${entity.name} ${message}`.toLowerCase().includes(wanted)) continue;
    const group = groups.get(inspection) ?? { inspection, title, category, remedy, risks: [] };
    group.risks.push(one);
    groups.set(inspection, group);
  }
  const critical = ({ risks }: RiskGroup) => (risks.some(({ risk }) => risk.severity === 'critical') ? 1 : 0);
  return [...groups.values()].sort(
    (a, b) => critical(b) - critical(a) || b.risks.length - a.risks.length || a.title.localeCompare(b.title),
  );
}

/** Risks of entities that are not dismissed, critical ones first. */
export const openOf = (all: Risk[], ids: ReadonlySet<string>): Risk[] =>
  all
    .filter(({ risk, dismissed }) => dismissed === null && ids.has(risk.entity.id))
    .sort((a, b) => Number(b.risk.severity === 'critical') - Number(a.risk.severity === 'critical'));
