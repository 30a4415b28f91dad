import { useEffect, useState } from 'react';
import { useMetadata } from '../api/queries';
import type { Metadata } from '../api/types';
import type { UnitId } from '../lib/units';

type Infer = (query: string, declared: (metric: string) => string) => UnitId;

/** The parser comes with the editor's chunk; until it is there values have no unit. */
let infer: Infer | null = null;

export function declaredUnit(metadata: Metadata | undefined, metric: string): string {
  if (!metadata) return '';
  return (
    metadata[metric]?.[0]?.unit || metadata[metric.replace(/_(total|sum|bucket|count)$/, '')]?.[0]?.unit || ''
  );
}

export function useUnit(expr: string, chosen: UnitId | 'auto'): UnitId {
  const [ready, setReady] = useState(infer !== null);
  const metadata = useMetadata().data?.data;
  useEffect(() => {
    if (ready) return;
    let wanted = true;
    void import('../lib/unit-inference').then((module) => {
      infer = module.inferUnit;
      if (wanted) setReady(true);
    });
    return () => {
      wanted = false;
    };
  }, [ready]);
  if (chosen !== 'auto') return chosen;
  return ready && infer && expr ? infer(expr, (metric) => declaredUnit(metadata, metric)) : 'none';
}
