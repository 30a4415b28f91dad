import { lazy, Suspense } from 'react';
import { PlainEditor } from '../lazy-editor';
import type { LogqlEditorProps } from './logql-editor';

const Full = lazy(() => import('./logql-editor').catch(() => ({ default: PlainEditor })));

/** Works without CodeMirror: a text field is shown while it loads, and stays if it cannot be loaded. */
export function LogqlEditor(props: LogqlEditorProps) {
  return (
    <Suspense fallback={<PlainEditor {...props} />}>
      <Full {...props} />
    </Suspense>
  );
}
