/** The LogQL editor. Loaded on its own, with CodeMirror. */
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
import { fetchFields, fetchFieldValues, fetchLabelValues, loki, type Span } from './api';
import { AFTER, FUNCTIONS, isFunction, KEYWORDS, type NameHelp, placeAt, STAGES } from './completion';
import { msToNs } from './entries';
import { quoted, type Token, tokenize } from './lexer';
import { parseLog, writeSelector } from './query';

export interface LogqlEditorProps extends EditorProps {
  range: Span;
  /** Place of the error of the last run, as an offset in the text. */
  error?: { at: number; message: string } | null;
}

function style(token: Token, before: Token | undefined): string | null {
  if (token.kind === 'comment') return 'comment';
  if (token.kind === 'string') return 'string';
  if (token.kind === 'number') return 'number';
  if (token.kind === 'operator') return 'operator';
  if (token.kind === 'unknown') return 'invalid';
  if (token.kind !== 'word') return null;
  if (isFunction(token.text)) return 'variableName.function';
  return KEYWORDS.has(token.text) && before?.text !== ',' && before?.text !== '{' ? 'keyword' : 'labelName';
}

/** Raw strings may span lines, therefore an open one is carried to the next line. */
const language = StreamLanguage.define<{ raw: boolean; before: Token | undefined }>({
  name: 'logql',
  startState: () => ({ raw: false, before: undefined }),
  copyState: (state) => ({ ...state }),
  token(stream, state) {
    if (stream.eatSpace()) return null;
    const rest = stream.string.slice(stream.pos);
    const [token] = tokenize(state.raw ? `\`${rest}` : rest, true);
    if (!token) {
      stream.skipToEnd();
      return null;
    }
    stream.pos += token.text.length - (state.raw ? 1 : 0);
    state.raw = token.open === true && token.text.startsWith('`');
    const found = style(token, state.before);
    state.before = token;
    return found;
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
    .fetchQuery({ queryKey: ['logql', ...key], queryFn: ask, staleTime: 60_000 })
    .catch(() => null);
}

async function labelNames(range: Span): Promise<Completion[]> {
  const names = await cached(['names', range.start], async () => {
    const { data } = await loki<{ data: string[] | null }>('labels', {
      start: msToNs(range.start),
      end: msToNs(range.end),
    });
    return data ?? [];
  });
  return (names ?? []).map((label) => ({ label, type: 'label', detail: 'label' }));
}

async function fieldNames(text: string, range: Span): Promise<Completion[]> {
  const parts = parseLog(text);
  if (!parts) return [];
  const query = writeSelector(parts.matchers);
  const fields = await cached(['fields', query, range.start], () => fetchFields(query, range));
  return (fields ?? []).map((field) => ({ label: field.label, type: 'label', detail: field.type }));
}

function values(list: string[] | null, quote: boolean): Completion[] {
  return (list ?? []).slice(0, MAX_OPTIONS).map((value) => ({
    label: value === '' ? '""' : value,
    apply: quote ? quoted(value) : quoted(value).slice(1),
    type: 'value',
  }));
}

async function complete(context: CompletionContext, range: Span): Promise<CompletionResult | null> {
  const text = context.state.doc.toString();
  const place = placeAt(text, context.pos);
  const typed = context.pos > ('from' in place ? place.from : context.pos);
  const result = (from: number, list: Completion[]): CompletionResult | null =>
    list.length === 0 ? null : { from, options: list, validFor: /^[\w.-]*$/ };
  switch (place.kind) {
    case 'label-name':
      return result(place.from, await labelNames(range));
    case 'label-value': {
      const list = await cached(['values', place.name, range.start], () =>
        fetchLabelValues(place.name, range),
      );
      return valueResult(context, place, list);
    }
    case 'field-value': {
      const parts = parseLog(text);
      if (!parts) return null;
      const query = writeSelector(parts.matchers);
      const list = await cached(['field-values', place.name, query, range.start], () =>
        fetchFieldValues(place.name, query, range),
      );
      return valueResult(context, place, list);
    }
    case 'stage':
      return result(place.from, [...options(STAGES, 'keyword'), ...(await fieldNames(text, range))]);
    case 'grouping':
    case 'unwrap':
      return result(place.from, [...(await labelNames(range)), ...(await fieldNames(text, range))]);
    case 'function':
      return typed || context.explicit ? result(place.from, options(FUNCTIONS, 'function')) : null;
    case 'after':
      return context.explicit
        ? { from: place.from, options: options(AFTER, 'keyword'), filter: false }
        : null;
    default:
      return null;
  }
}

/** The closing quote that the editor put after the cursor is replaced together with the value. */
function valueResult(
  context: CompletionContext,
  place: { from: number; to: number; quoted: boolean },
  list: string[] | null,
): CompletionResult | null {
  const all = values(list, true);
  if (all.length === 0) return null;
  const from = place.quoted ? place.from - 1 : place.from;
  const after = context.state.sliceDoc(context.pos, context.pos + 1);
  const close = place.quoted && (after === '"' || after === '`');
  const typed = context.state.sliceDoc(place.from, context.pos).toLowerCase();
  return {
    from,
    to: context.pos + (close ? 1 : 0),
    filter: false,
    options: all.filter((o) => o.label.toLowerCase().includes(typed)),
  };
}

export default function LogqlEditor(props: LogqlEditorProps) {
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
          placeholder('Type a LogQL query, for example {service_name="shop"} |= "error"'),
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
    if (props.autoFocus) {
      created.focus();
      created.dispatch({ selection: { anchor: created.state.doc.length } });
    }
    return () => {
      created.destroy();
      view.current = null;
    };
  }, []);

  // A value that was not typed here: the builder, a filter, a link, the formatter.
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
      const word = /^\w+/.exec(v.state.sliceDoc(from, length))?.[0].length ?? 1;
      v.dispatch(
        setDiagnostics(v.state, [{ from, to: Math.min(length, from + word), severity: 'error', message }]),
      );
    }
  }, [at, message, props.value]);

  return <div ref={host} className="editor" />;
}
