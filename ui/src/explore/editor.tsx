/** The PromQL editor. Loaded on its own: CodeMirror is heavier than the rest of the application. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, syntaxHighlighting, syntaxTree } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  hoverTooltip,
  keymap,
  placeholder,
  showTooltip,
  type Tooltip,
} from '@codemirror/view';
import type { SyntaxNode } from '@lezer/common';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef } from 'react';
import { type Answer, call } from '../api/client';
import { queryClient } from '../api/queries';
import type { Metadata } from '../api/types';
import { basePath } from '../app/base';
import { helpBox, highlight, runKeys } from './code';
import { FUNCTIONS, type FunctionHelp } from './functions';
import { queryHistory } from './history';

export interface EditorProps {
  value: string;
  onChange: (value: string) => void;
  onRun: (value: string) => void;
  label: string;
  autoFocus?: boolean;
  /** A part of the text that something else on the page speaks of. */
  mark?: { from: number; to: number } | null;
}

const MAX_HISTORY_COMPLETIONS = 10;

function signature(name: string, help: FunctionHelp): string {
  const args = help.args.map((arg, i) =>
    help.optionalFrom !== undefined && i >= help.optionalFrom && arg !== '…' ? `[${arg}]` : arg,
  );
  return `${name}(${args.join(', ')}) → ${help.returns}`;
}

const fetchMetadata = (): Promise<Answer<Metadata>> =>
  queryClient.fetchQuery({
    queryKey: ['metadata'],
    queryFn: () => call<Metadata>('metadata'),
    staleTime: 120_000,
  });

function metadataOf(all: Metadata, metric: string) {
  const stem = metric.replace(/_(bucket|count|sum|total)$/, '');
  return all[metric]?.[0] ?? all[stem]?.[0];
}

/** Help on the function or metric under the pointer. */
const hoverHelp = hoverTooltip(async (view, pos) => {
  const node = syntaxTree(view.state).resolveInner(pos, 1);
  const text = view.state.sliceDoc(node.from, node.to);
  if (text.length > 500) return null;
  const known = FUNCTIONS[text.toLowerCase()];
  const isCall =
    node.parent?.name === 'FunctionIdentifier' ||
    node.parent?.name === 'AggregateOp' ||
    node.name === 'FunctionIdentifier';
  if (known && isCall) {
    return {
      pos: node.from,
      end: node.to,
      above: true,
      create: () => ({ dom: helpBox(signature(text, known), known.help) }),
    };
  }
  if (node.name !== 'Identifier') return null;
  const metadata = await fetchMetadata().catch(() => null);
  const entry = metadata ? metadataOf(metadata.data, text) : undefined;
  if (!entry) return null;
  return {
    pos: node.from,
    end: node.to,
    above: true,
    create: () => ({ dom: helpBox(text, entry.help || 'No help text.', entry.type) }),
  };
});

/** The call around the cursor and which of its arguments the cursor is in. */
function callAt(state: EditorState): { from: number; name: string; argument: number } | null {
  const pos = state.selection.main.head;
  let node: SyntaxNode | null = syntaxTree(state).resolveInner(pos, -1);
  while (
    node &&
    !(
      node.name === 'FunctionCallBody' &&
      node.from < pos &&
      (pos < node.to || state.sliceDoc(node.to - 1, node.to) !== ')')
    )
  ) {
    node = node.parent;
  }
  const owner = node?.parent;
  if (!node || !owner) return null;
  const named = owner.getChild('FunctionIdentifier') ?? owner.getChild('AggregateOp');
  if (!named) return null;
  // Commas are no nodes of the tree: look for them between the arguments.
  const args: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) args.push(child);
  let argument = 0;
  args.forEach((arg, i) => {
    const comma = state.sliceDoc(arg.to, args[i + 1]?.from ?? (node as SyntaxNode).to).indexOf(',');
    if (comma >= 0 && arg.to + comma < pos) argument = i + 1;
  });
  return { from: named.from, name: state.sliceDoc(named.from, named.to), argument };
}

function signatureTooltip(state: EditorState): readonly Tooltip[] {
  const at = callAt(state);
  const help = at ? FUNCTIONS[at.name.toLowerCase()] : undefined;
  if (!at || !help || help.args.length === 0) return [];
  const current = Math.min(at.argument, help.args.length - 1);
  return [
    {
      pos: at.from,
      above: true,
      strictSide: true,
      create: () => {
        const dom = document.createElement('div');
        dom.className = 'code-signature';
        dom.append(`${at.name}(`);
        help.args.forEach((arg, i) => {
          if (i > 0) dom.append(', ');
          const part = document.createElement(i === current ? 'b' : 'span');
          part.textContent = arg;
          dom.append(part);
        });
        dom.append(')');
        return { dom };
      },
    },
  ];
}

const signatureHelp = StateField.define<readonly Tooltip[]>({
  create: () => [],
  update(tooltips, tr) {
    if (!tr.docChanged && !tr.selection) return tooltips;
    // Completion needs the room.
    if (completionStatus(tr.state) === 'active') return [];
    return signatureTooltip(tr.state);
  },
  provide: (field) => showTooltip.computeN([field], (state) => state.field(field)),
});

const setMark = StateEffect.define<{ from: number; to: number } | null>();
const marking = Decoration.mark({ class: 'cm-marked' });

const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, tr) {
    let next = tr.docChanged ? Decoration.none : decorations;
    for (const effect of tr.effects) {
      if (!effect.is(setMark)) continue;
      const { from = 0, to = 0 } = effect.value ?? {};
      const end = Math.min(to, tr.state.doc.length);
      next = from < end ? Decoration.set([marking.range(from, end)]) : Decoration.none;
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const hideSignature = EditorView.domEventHandlers({
  blur: (_e, view) => {
    view.dom.classList.add('is-blurred');
  },
  focus: (_e, view) => {
    view.dom.classList.remove('is-blurred');
  },
});

/** Whole queries from the history that contain what was typed, below the server's proposals. */
function historyCompletion(context: { state: EditorState; pos: number }) {
  const text = context.state.doc.toString().trim();
  if (text.length < 2) return null;
  const options = queryHistory
    .get()
    .filter((expr) => expr !== text && expr.includes(text))
    .slice(0, MAX_HISTORY_COMPLETIONS)
    .map((expr) => ({
      label: expr.length > 80 ? `${expr.slice(0, 80)}…` : expr,
      apply: expr,
      detail: 'recent',
      boost: -99,
      type: 'history',
    }));
  return options.length === 0 ? null : { from: 0, to: context.state.doc.length, options, filter: false };
}

export default function Editor(props: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const handlers = useRef(props);
  handlers.current = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view lives as long as the component; later values come below.
  useEffect(() => {
    if (!host.current) return;
    const promql = new PromQLExtension()
      .activateCompletion(true)
      .activateLinter(true)
      .setComplete({
        remote: { url: location.origin + basePath, httpMethod: 'GET', cache: { maxAge: 60_000 } },
      });
    const created = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: props.value,
        extensions: [
          history(),
          closeBrackets(),
          bracketMatching(),
          syntaxHighlighting(highlight),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({
            'aria-label': props.label,
            'aria-multiline': 'true',
            role: 'textbox',
          }),
          placeholder('Type a PromQL query, for example rate(node_cpu_seconds_total[5m])'),
          promql.asExtension(),
          EditorState.languageData.of(() => [{ autocomplete: historyCompletion }]),
          autocompletion({ icons: false, maxRenderedOptions: 80, activateOnTyping: true }),
          hoverHelp,
          signatureHelp,
          hideSignature,
          marked,
          runKeys((text) => handlers.current.onRun(text)),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...historyKeymap,
            ...lintKeymap,
            ...defaultKeymap,
          ]),
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
      promql.destroy();
      created.destroy();
      view.current = null;
    };
  }, []);

  // A value that did not come from typing here: history, the metric explorer, a link, the formatter.
  useEffect(() => {
    const v = view.current;
    if (v && v.state.doc.toString() !== props.value) {
      v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: props.value } });
    }
  }, [props.value]);

  const from = props.mark?.from;
  const to = props.mark?.to;
  useEffect(() => {
    view.current?.dispatch({
      effects: setMark.of(from === undefined || to === undefined ? null : { from, to }),
    });
  }, [from, to]);

  return <div ref={host} className="editor" />;
}
