import { lazy, Suspense } from 'react';
import type { EditorProps } from './editor';

/** Works without CodeMirror: shown while it loads, and for good if it cannot be loaded. */
export function PlainEditor({ value, onChange, onRun, label }: EditorProps) {
  return (
    <textarea
      className="editor editor-plain"
      aria-label={label}
      value={value}
      rows={1}
      spellCheck={false}
      onChange={(e) => onChange(e.target.value)}
      onKeyDown={(e) => {
        if (e.key !== 'Enter' || e.shiftKey) return;
        e.preventDefault();
        onRun(e.currentTarget.value);
      }}
    />
  );
}

const Full = lazy(() => import('./editor').catch(() => ({ default: PlainEditor })));

export function Editor(props: EditorProps) {
  return (
    <Suspense fallback={<PlainEditor {...props} />}>
      <Full {...props} />
    </Suspense>
  );
}
