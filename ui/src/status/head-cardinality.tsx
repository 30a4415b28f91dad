import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import { useTsdbStatus } from '../api/queries';
import { Loading, Select } from '../components/ui';
import { labelName, metricSelector, quote } from '../lib/labels';
import { splitPair } from './cardinality';
import { Top } from './top';

function pairQuery(pair: string): string {
  const [name, value] = splitPair(pair);
  return `count by (__name__) ({${labelName(name)}=${quote(value)}})`;
}

/** The largest lists of Prometheus's own endpoint: what is in the head, and no deeper. */
export function HeadCardinality() {
  const [limit, setLimit] = useState('10');
  const status = useTsdbStatus(Number(limit));
  if (status.error) return <ErrorNotice error={status.error} />;
  const data = status.data?.data;
  if (!data) return <Loading label="Loading storage statistics" />;
  const total = data.headStats.numSeries;
  return (
    <>
      <div className="filters">
        <h2>{total.toLocaleString('en')} series in the head</h2>
        <Select
          label="Show top"
          value={limit}
          choices={['10', '20', '50', '100'].map((value) => ({ value, label: value }))}
          onChange={setLimit}
        />
      </div>
      <div className="top-grid">
        <Top
          title="Metrics"
          hint="Series of each name"
          values={data.seriesCountByMetricName}
          total={total}
          query={metricSelector}
        />
        <Top
          title="Labels"
          hint="Distinct values of each label"
          values={data.labelValueCountByLabelName}
          query={(name) => `count(count by (${labelName(name)}) ({${labelName(name)}!=""}))`}
        />
        <Top
          title="Label pairs"
          hint="Series that carry each pair"
          values={data.seriesCountByLabelValuePair}
          total={total}
          query={pairQuery}
        />
        <Top
          title="Label memory"
          hint="Bytes of the values of each label"
          values={data.memoryInBytesByLabelName}
          unit="bytes"
        />
      </div>
    </>
  );
}
