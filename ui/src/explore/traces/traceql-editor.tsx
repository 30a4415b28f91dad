/** The TraceQL editor. Loaded on its own, with CodeMirror. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { queryClient } from '../../api/queries';
import { helpBox, highlight, runKeys } from '../code';
import type { EditorProps } from '../editor';
import { quoted } from '../logs/lexer';
import { fetchTags, fetchTagValues, type TagValue, type Window } from './api';
import {
  AFTER,
  INTRINSICS,
  isFunction,
  isKeyword,
  KEYWORD_VALUES,
  type NameHelp,
  placeAt,
  STAGES,
} from './completion';
import { attributeName } from './filters';
import { type Token, tokenize } from './lexer';

export interface TraceqlEditorProps extends EditorProps {
  range: Window;
  /** Place of the error of the last run, as an offset in the text. */
  error?: { at: number; message: string } | null;
}

function style(token: Token): string | null {
  if (token.kind === 'comment') return 'comment';
  if (token.kind === 'string') return 'string';
  if (token.kind === 'number') return 'number';
  if (token.kind === 'operator') return 'operator';
  if (token.kind === 'unknown') return 'invalid';
  if (token.kind === 'attribute') return 'labelName';
  if (token.kind !== 'word') return null;
  if (isFunction(token.text)) return 'variableName.function';
  return isKeyword(token.text) ? 'keyword' : 'labelName';
}

const language = StreamLanguage.define<null>({
  name: 'traceql',
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null;
    const [token] = tokenize(stream.string.slice(stream.pos), true);
    if (!token) {
      stream.skipToEnd();
      return null;
    }
    stream.pos += token.text.length;
    return style(token);
  },
});

const MAX_OPTIONS = 300;

const options = (list: NameHelp[], type: string): Completion[] =>
  list.map((item) => ({
    label: item.name,
    type,
    apply: item.apply,
    info: () => helpBox(item.name, item.help),
  }));

/** Asked of the server at most once a minute for the same question. */
function cached<T>(key: unknown[], ask: () => Promise<T>): Promise<T | null> {
  return queryClient
    .fetchQuery({ queryKey: ['traceql', ...key], queryFn: ask, staleTime: 60_000 })
    .catch(() => null);
}

async function fields(range: Window): Promise<Completion[]> {
  const scopes = await cached(['tags', range.start], () => fetchTags(range));
  const known = options(INTRINSICS, 'property');
  const named = new Set(INTRINSICS.map((i) => i.name));
  const tags = (scopes ?? []).flatMap((scope) =>
    scope.tags
      .filter((tag) => scope.name !== 'intrinsic' || !named.has(tag))
      .map(
        (tag): Completion => ({
          label: scope.name === 'intrinsic' ? tag : attributeName(scope.name, tag),
          type: 'label',
          detail: scope.name,
          boost: scope.name === 'resource' || scope.name === 'span' ? 1 : 0,
        }),
      ),
  );
  return [...tags, ...known];
}

async function valuesOf(name: string, range: Window): Promise<TagValue[]> {
  const keywords = KEYWORD_VALUES[name];
  if (keywords) return keywords.map((value) => ({ type: 'keyword', value }));
  return (await cached(['values', name, range.start], () => fetchTagValues(name, range, ''))) ?? [];
}

async function complete(context: CompletionContext, range: Window): Promise<CompletionResult | null> {
  const place = placeAt(context.state.doc.toString(), context.pos);
  const result = (from: number, list: Completion[]): CompletionResult | null =>
    list.length === 0 ? null : { from, options: list, validFor: /^[\w.:-]*$/ };
  switch (place.kind) {
    case 'field':
      return result(place.from, await fields(range));
    case 'stage':
      return result(place.from, options(STAGES, 'function'));
    case 'start':
      return context.explicit
        ? result(place.from, [{ label: '{ }', detail: 'all spans' }, { label: '{ status = error }' }])
        : null;
    case 'after':
      return context.explicit
        ? { from: place.from, options: options(AFTER, 'keyword'), filter: false }
        : null;
    case 'value': {
      const values = await valuesOf(place.name, range);
      const from = place.quoted ? place.from - 1 : place.from;
      const after = context.state.sliceDoc(context.pos, context.pos + 1);
      const close = place.quoted && (after === '"' || after === '`');
      const typed = context.state.sliceDoc(place.from, context.pos).toLowerCase();
      const list = values
        .filter((v) => v.value.toLowerCase().includes(typed))
        .slice(0, MAX_OPTIONS)
        .map((v) => ({
          label: v.value === '' ? '""' : v.value,
          apply: v.type === 'string' || place.quoted ? quoted(v.value) : v.value,
          detail: v.type === 'string' ? undefined : v.type,
          type: 'value',
        }));
      return list.length === 0
        ? null
        : { from, to: context.pos + (close ? 1 : 0), filter: false, options: list };
    }
    default:
      return null;
  }
}

export default function TraceqlEditor(props: TraceqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const handlers = useRef(props);
  handlers.current = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view lives as long as the component; later values come below.
  useEffect(() => {
    if (!host.current) return;
    const created = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: props.value,
        extensions: [
          history(),
          language,
          closeBrackets(),
          bracketMatching(),
          syntaxHighlighting(highlight),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({
            'aria-label': props.label,
            'aria-multiline': 'true',
            role: 'textbox',
          }),
          placeholder(
            'Type a TraceQL query, for example { resource.service.name = "shop" && status = error }',
          ),
          autocompletion({
            icons: false,
            maxRenderedOptions: 80,
            override: [(context) => complete(context, handlers.current.range)],
          }),
          runKeys((text) => handlers.current.onRun(text)),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) handlers.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = created;
    return () => {
      created.destroy();
      view.current = null;
    };
  }, []);

  // A value that was not typed here: a chip, a filter, a link.
  useEffect(() => {
    const v = view.current;
    if (v && v.state.doc.toString() !== props.value)
      v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: props.value } });
  }, [props.value]);

  const at = props.error?.at;
  const message = props.error?.message ?? '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the text moves the mark.
  useEffect(() => {
    const v = view.current;
    if (!v) return;
    const length = v.state.doc.length;
    if (at === undefined) v.dispatch(setDiagnostics(v.state, []));
    else {
      const from = Math.min(at, Math.max(0, length - 1));
      const word = /^[\w.:]+/.exec(v.state.sliceDoc(from, length))?.[0].length ?? 1;
      v.dispatch(
        setDiagnostics(v.state, [{ from, to: Math.min(length, from + word), severity: 'error', message }]),
      );
    }
  }, [at, message, props.value]);

  return <div ref={host} className="editor" />;
}
