/** What the pages of the Alertmanager share. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { PageTabs } from '../app/page-tabs';
import { Icon } from '../components/icons';
import { PageHead } from '../components/ui';
import { type Matcher, operatorOf } from './matchers';
import './alertmanager.css';

export function Frame(props: { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <div className="page">
      <PageHead title={props.title} lead={props.lead}>
        {props.actions}
        <PageTabs />
      </PageHead>
      {props.children}
    </div>
  );
}

export function MatcherChips({ matchers }: { matchers: Matcher[] }) {
  return (
    <span className="chips">
      {matchers.map((matcher) => (
        <span className="chip matcher-chip" key={`${matcher.name}${operatorOf(matcher)}${matcher.value}`}>
          <span className="matcher-name">{matcher.name}</span>
          <b>{operatorOf(matcher)}</b>
          <span className="chip-value">{matcher.value || '""'}</span>
        </span>
      ))}
    </span>
  );
}

export function NewSilence({ filter = '' }: { filter?: string }) {
  return (
    <Link
      to="/alertmanager/silences/$id"
      params={{ id: 'new' }}
      search={(filter ? { filter } : {}) as never}
      className="button button-primary"
    >
      <Icon name="plus" size={16} />
      New silence
    </Link>
  );
}
