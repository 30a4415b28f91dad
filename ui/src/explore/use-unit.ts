import { useEffect, useState } from 'react';
import { useMetadata } from '../api/queries';
import type { Metadata } from '../api/types';
import type { UnitId } from '../lib/units';

type Inference = typeof import('../lib/unit-inference');

/** The parser comes with the editor's chunk; until it is there values have no unit. */
let inference: Inference | null = null;

export function declaredUnit(metadata: Metadata | undefined, metric: string): string {
  if (!metadata) return '';
  return (
    metadata[metric]?.[0]?.unit || metadata[metric.replace(/_(total|sum|bucket|count)$/, '')]?.[0]?.unit || ''
  );
}

export interface Units {
  value: UnitId;
  /** Of the bounds of histogram buckets. */
  bucket: UnitId;
}

export function useUnits(expr: string, chosen: UnitId | 'auto'): Units {
  const [ready, setReady] = useState(inference !== null);
  const metadata = useMetadata().data?.data;
  useEffect(() => {
    if (ready) return;
    let wanted = true;
    void import('../lib/unit-inference').then((module) => {
      inference = module;
      if (wanted) setReady(true);
    });
    return () => {
      wanted = false;
    };
  }, [ready]);
  if (chosen !== 'auto') return { value: chosen, bucket: chosen };
  if (!ready || !inference || !expr) return { value: 'none', bucket: 'none' };
  const declared = (metric: string) => declaredUnit(metadata, metric);
  return { value: inference.inferUnit(expr, declared), bucket: inference.inferBucketUnit(expr, declared) };
}
