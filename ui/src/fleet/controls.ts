/** Controls in words, the form of a new one, and its effect. */

import type { Action, Control, Draft, Quota, Rates, Step } from './api';
import { amount, periodOf } from './quotas';

export interface Form {
  action: Action;
  signal: string;
  service: string;
  /** Other resource attributes, as `name=value, name=value`. */
  attributes: string;
  condition: string;
  pipeline: string;
  /** Percent. */
  share: string;
  keepErrors: boolean;
  /** Duration; empty keeps none. */
  keepSlow: string;
  /** Items of each kind in a minute; empty for none. */
  keepRare: string;
  rate: string;
  /** Names of detectors; none for all. */
  detectors: string[];
  /** Pipeline to which items are moved. */
  target: string;
  limit: string;
  unit: Quota['unit'];
  period: string;
  by: string;
  /** Percent. */
  warnAt: string;
  /** Percent; empty for never. */
  sampleAt: string;
  price: string;
  owner: string;
  /** Whether it may start although no agent matches yet. */
  awaitAgents: boolean;
  selector: string;
  duration: string;
}

export const NEW: Form = {
  action: 'mute',
  signal: '',
  service: '',
  attributes: '',
  condition: '',
  pipeline: '',
  share: '10',
  keepErrors: true,
  keepSlow: '',
  keepRare: '',
  rate: '100',
  detectors: [],
  target: '',
  limit: '',
  unit: 'bytes',
  period: '24h',
  by: '',
  warnAt: '80',
  sampleAt: '',
  price: '',
  owner: '',
  awaitAgents: false,
  selector: '',
  duration: '1h',
};

export const DETECTORS = ['card', 'iban', 'email', 'phone', 'ip', 'token', 'key'];

/** Pairs of a text such as `team=shop, env=prod`; a part without "=" is an error. */
export function attributesOf(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const at = part.indexOf('=');
    if (at < 1) throw new Error(`"${part}" is not an attribute. Write name=value pairs separated by commas.`);
    out[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return out;
}

const BYTES: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const BINARY: Record<string, number> = { k: 1 << 10, m: 1 << 20, g: 2 ** 30, t: 2 ** 40 };

/** A number such as 50, 50e9, 50 GB or 50 GiB. */
export function amountOf(text: string): number {
  const match = /^([0-9.]+(?:e[0-9]+)?)\s*([kmgt]?)(i?)b?$/i.exec(text.trim());
  const letter = (match?.[2] ?? '').toLowerCase();
  const unit = match?.[3] ? BINARY[letter] : BYTES[letter];
  const number = Number(match?.[1]);
  if (!match || unit === undefined || !(number > 0))
    throw new Error(`The limit "${text}" must be a number above 0, such as 50 GB or 1000000.`);
  return number * unit;
}

function quotaOf(form: Form): Quota {
  const share = (text: string) => Number(text) / 100;
  return {
    limit: amountOf(form.limit),
    unit: form.unit,
    period: form.period.trim(),
    ...(form.by.trim() ? { by: form.by.trim() } : {}),
    warnAt: share(form.warnAt),
    ...(form.sampleAt.trim() ? { sampleAt: share(form.sampleAt) } : {}),
    ...(form.unit === 'cost' ? { pricePerGib: Number(form.price) } : {}),
  };
}

/** What the API takes. Fields of other actions are left out; it refuses them. */
export function draftOf(form: Form): Draft {
  const service = form.service.trim();
  const { action } = form;
  return {
    action,
    signals: form.signal ? [form.signal] : [],
    attributes: { ...(service ? { 'service.name': service } : {}), ...attributesOf(form.attributes) },
    ...(form.condition.trim() ? { condition: form.condition.trim() } : {}),
    ...(form.pipeline.trim() ? { pipeline: form.pipeline.trim() } : {}),
    ...(action === 'sample'
      ? {
          share: Number(form.share) / 100,
          keepErrors: form.keepErrors,
          ...(form.keepSlow.trim() ? { keepSlow: form.keepSlow.trim() } : {}),
          ...(form.keepRare.trim() ? { keepRare: Number(form.keepRare) } : {}),
        }
      : {}),
    ...(action === 'rate_limit' ? { rate: Number(form.rate) } : {}),
    ...(action === 'redact' && form.detectors.length > 0 ? { detectors: form.detectors } : {}),
    ...(action === 'quota' ? { quota: quotaOf(form) } : {}),
    ...((action === 'route' || action === 'quota') && form.target.trim()
      ? { target: form.target.trim() }
      : {}),
    ...(form.owner.trim() ? { owner: form.owner.trim() } : {}),
    ...(form.awaitAgents ? { awaitAgents: true } : {}),
    selector: form.selector.trim(),
    duration: form.duration.trim(),
  };
}

export const ACTION_WORDS: Record<Action, string> = {
  mute: 'Mute',
  sample: 'Sample',
  rate_limit: 'Limit rate',
  filter: 'Filter',
  redact: 'Redact',
  route: 'Route',
  quota: 'Quota',
};

/** What an action does, in one sentence. */
export const ACTION_EFFECTS: Record<Action, string> = {
  mute: 'Drops all items of the scope.',
  sample:
    'Keeps a share of logs and spans. Kept items carry the sampling probability, so that counts can be corrected.',
  rate_limit: 'Limits the items per second at each agent.',
  filter: 'Drops items that match the condition.',
  redact: 'Masks personal data and credentials.',
  route: 'Moves all items of the scope to another pipeline of the same signal.',
  quota: 'Allows an amount per period across all agents, then moves or drops the rest.',
};

/** Word for a control on its buttons and in its dialogs. */
export const nounOf = (control: Control): 'control' | 'quota' =>
  control.action === 'quota' ? 'quota' : 'control';

export function whatOf(control: Control): string {
  switch (control.action) {
    case 'mute':
      return 'Mute';
    case 'filter':
      return 'Filter';
    case 'sample':
      return `Sample ${Number(((control.share ?? 0) * 100).toPrecision(3))} %${
        control.keepErrors ? ', keep errors' : ''
      }${control.keepSlow ? `, keep spans from ${control.keepSlow}` : ''}${
        control.keepRare ? `, keep ${control.keepRare} of each kind per minute` : ''
      }`;
    case 'rate_limit':
      return `Limit to ${control.rate}/s`;
    case 'redact':
      return `Redact ${control.detectors?.join(', ') ?? ''}`.trim();
    case 'route':
      return `Route to ${control.target ?? ''}`;
    case 'quota':
      return [
        `Quota of ${control.quota ? amount(control.quota.limit, control.quota) : ''} in ${periodOf(
          control.quota?.period ?? '',
        )}`,
        control.quota?.by ? `by ${control.quota.by}` : '',
        control.target ? `then to ${control.target}` : 'then drop',
        control.quotaStep ? `(${control.quotaStep})` : '',
      ]
        .filter(Boolean)
        .join(' ');
  }
}

export function scopeOf(control: Control): string {
  return [
    control.signals.join(', ') || 'all signals',
    ...Object.entries(control.attributes ?? {}).map(([name, value]) => `${name}=${value}`),
    control.condition ?? '',
    control.pipeline ? `pipeline ${control.pipeline}` : '',
    control.selector ? `at ${control.selector}` : 'at all agents',
    control.observe ? 'counted only' : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Stated owner of a control, and its author where that is another. */
export function ownerOf(control: Control): string {
  const { owner = '', author = '' } = control;
  return author && author !== owner ? `${owner} (started by ${author})` : owner;
}

/** Verb of the items that a control counts, and their number. */
export function doneOf(control: Control): { items: number; verb: string } {
  const changed = control.changed ?? 0;
  switch (control.action) {
    case 'redact':
      return { items: changed, verb: 'masked' };
    case 'route':
      return { items: changed, verb: 'moved' };
    case 'quota':
      return { items: control.dropped + changed, verb: 'dropped or moved' };
    default:
      return { items: control.dropped, verb: 'dropped' };
  }
}

/** State of agents that do not run the target of a control. */
export const NO_TARGET = 'no such target';

export const STEPS: Record<Step, { name: string; badge: string }> = {
  ok: { name: 'Within limit', badge: 'ok' },
  warn: { name: 'Warning', badge: 'warn' },
  sample: { name: 'Sampling', badge: 'warn' },
  overflow: { name: 'Over limit', badge: 'err' },
};

/** Text in place of the effect of a control that is not known or not read yet. */
export function missingEffect(control: Control | undefined): string {
  if (!control) return 'Loading the effect';
  return control.effectMissing ? `The effect is unknown: ${control.effectMissing}.` : '';
}

export interface EffectRow {
  name: string;
  unit: 'bytes/s' | 'per second' | 'money';
  before?: number;
  now?: number;
}

/** Rates before a control and with it; the cost only where agents have prices. */
export function effectRows(before: Rates | undefined, now: Rates | undefined): EffectRow[] {
  const row = (
    name: string,
    unit: EffectRow['unit'],
    value: (of: Rates) => number | undefined,
  ): EffectRow => ({
    name,
    unit,
    before: before && value(before),
    now: now && value(now),
  });
  const currency = now?.currency ?? before?.currency;
  return [
    row('Received', 'bytes/s', (of) => of.inBytesPerSecond),
    row('To exporters', 'bytes/s', (of) => of.outBytesPerSecond),
    row('Items to exporters', 'per second', (of) => of.outItemsPerSecond),
    ...(currency ? [row(`Cost of 30 days, ${currency}`, 'money', (of) => (of.costPerHour ?? 0) * 720)] : []),
  ];
}
