/** Controls in words, and the form of a new one. */
import type { Action, Control, Draft } from './api';

export interface Form {
  action: Action;
  signal: string;
  service: string;
  condition: string;
  /** Percent. */
  share: string;
  keepErrors: boolean;
  /** Duration; empty keeps none. */
  keepSlow: string;
  /** Items of each kind in a minute; empty for none. */
  keepRare: string;
  rate: string;
  selector: string;
  duration: string;
}

export const NEW: Form = {
  action: 'mute',
  signal: '',
  service: '',
  condition: '',
  share: '10',
  keepErrors: true,
  keepSlow: '',
  keepRare: '',
  rate: '100',
  selector: '',
  duration: '1h',
};

/** What the API takes. Fields of other actions are left out; it refuses them. */
export function draftOf(form: Form): Draft {
  const service = form.service.trim();
  return {
    action: form.action,
    signals: form.signal ? [form.signal] : [],
    attributes: service ? { 'service.name': service } : {},
    ...(form.condition.trim() ? { condition: form.condition.trim() } : {}),
    ...(form.action === 'sample'
      ? {
          share: Number(form.share) / 100,
          keepErrors: form.keepErrors,
          ...(form.keepSlow.trim() ? { keepSlow: form.keepSlow.trim() } : {}),
          ...(form.keepRare.trim() ? { keepRare: Number(form.keepRare) } : {}),
        }
      : {}),
    ...(form.action === 'rate_limit' ? { rate: Number(form.rate) } : {}),
    selector: form.selector.trim(),
    duration: form.duration.trim(),
  };
}

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
        control.keepRare ? `, keep ${control.keepRare} a minute of each kind` : ''
      }`;
    case 'rate_limit':
      return `Limit to ${control.rate}/s`;
    case 'redact':
      return `Redact ${control.detectors?.join(', ') ?? ''}`.trim();
    case 'route':
      return `Route to ${control.target ?? ''}`;
    case 'quota':
      return [
        `Quota of ${control.quota?.limit} ${control.quota?.unit} in ${control.quota?.period}`,
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
