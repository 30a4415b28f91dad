/** What the editors of both query languages share. */
import { completionStatus, startCompletion } from '@codemirror/autocomplete';
import { insertNewlineAndIndent } from '@codemirror/commands';
import { HighlightStyle } from '@codemirror/language';
import { type Extension, Prec } from '@codemirror/state';
import { type EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';

export const highlight = HighlightStyle.define([
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: tags.modifier, color: 'var(--code-keyword)' },
  { tag: tags.function(tags.variableName), color: 'var(--code-function)' },
  { tag: tags.labelName, color: 'var(--code-label)' },
  { tag: tags.operator, color: 'var(--code-operator)' },
  { tag: tags.comment, color: 'var(--text-muted)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

export function helpBox(title: string, text: string, kind?: string): HTMLElement {
  const box = document.createElement('div');
  box.className = 'code-help';
  const head = document.createElement('div');
  head.className = 'code-help-head';
  head.textContent = title;
  if (kind) {
    const badge = document.createElement('span');
    badge.className = 'badge';
    badge.textContent = kind;
    head.append(badge);
  }
  const body = document.createElement('div');
  body.textContent = text;
  box.append(head, body);
  return box;
}

/** Enter runs the query, Shift Enter breaks the line, Escape leaves the editor. */
export function runKeys(onRun: (text: string) => void): Extension {
  const run = (v: EditorView) => {
    onRun(v.state.doc.toString());
    return true;
  };
  return Prec.high(
    keymap.of([
      { key: 'Enter', run: (v) => (completionStatus(v.state) === 'active' ? false : run(v)) },
      { key: 'Mod-Enter', run },
      { key: 'Shift-Enter', run: insertNewlineAndIndent },
      { key: 'Ctrl-Space', run: startCompletion },
      {
        key: 'Escape',
        run: (v) => {
          if (completionStatus(v.state) !== null) return false;
          v.contentDOM.blur();
          return true;
        },
      },
    ]),
  );
}
