import { lazy, Suspense } from 'react';
import { PlainEditor } from '../lazy-editor';
import type { TraceqlEditorProps } from './traceql-editor';

const Full = lazy(() => import('./traceql-editor').catch(() => ({ default: PlainEditor })));

/** Works without CodeMirror: a text field is shown while it loads, and stays if it cannot be loaded. */
export function TraceqlEditor(props: TraceqlEditorProps) {
  return (
    <Suspense fallback={<PlainEditor {...props} />}>
      <Full {...props} />
    </Suspense>
  );
}
