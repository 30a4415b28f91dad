/** The explain views come with the grammar, which is as large as the rest of the page. */
import { lazy, Suspense } from 'react';
import { Loading } from '../components/ui';
import type { ExplainProps } from './explain-tab';

const Tab = lazy(() => import('./explain-tab'));
const TreeBelow = lazy(() => import('./explain-tab').then((m) => ({ default: m.Parts })));

export function ExplainTab(props: ExplainProps) {
  return (
    <Suspense fallback={<Loading label="Opening" />}>
      <Tab {...props} />
    </Suspense>
  );
}

/** The parts of the query between it and its answer. */
export function QueryTree(
  props: ExplainProps & { chosen: number | null; onChoose: (index: number) => void },
) {
  return (
    <Suspense fallback={<Loading label="Opening" />}>
      <div className="query-tree">
        <TreeBelow {...props} />
      </div>
    </Suspense>
  );
}
