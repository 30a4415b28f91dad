import { useMemo } from 'react';
import { useTheme } from '../../app/theme';
import { seriesColor } from '../../chart/palette';
import type { Trace } from './model';

export type Colors = (service: string) => string;

/** A colour a service, in the order in which the services appear. */
export function useServiceColors(traces: Trace[]): Colors {
  const theme = useTheme();
  return useMemo(() => {
    const places = new Map<string, number>();
    for (const trace of traces)
      for (const span of trace.spans)
        if (!places.has(span.resource.service)) places.set(span.resource.service, places.size);
    return (service: string) => seriesColor(places.get(service) ?? places.size, theme);
  }, [traces, theme]);
}
