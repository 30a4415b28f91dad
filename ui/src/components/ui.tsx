import { type ButtonHTMLAttributes, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from './icons';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: IconName;
  look?: 'plain' | 'primary' | 'ghost' | 'danger';
  /** For buttons that show only an icon: what it does. */
  label?: string;
  pressed?: boolean;
}

export function Button({ icon, look = 'plain', label, pressed, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`button button-${look}${children ? '' : ' button-icon'}${className ? ` ${className}` : ''}`}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      {...rest}
    >
      {icon && <Icon name={icon} size={16} />}
      {children}
    </button>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: string;
  icon?: IconName;
  iconOnly?: boolean;
}

/** A few exclusive choices in one strip; arrow keys move between them. */
export function Segmented<T extends string>(props: {
  label: string;
  value: T;
  choices: Choice<T>[];
  onChange: (value: T) => void;
}) {
  const group = useRef<HTMLDivElement>(null);
  const move = (by: number) => {
    const at = props.choices.findIndex((c) => c.value === props.value);
    const next = props.choices[(at + by + props.choices.length) % props.choices.length];
    if (!next) return;
    props.onChange(next.value);
    group.current?.querySelectorAll('button')[props.choices.indexOf(next)]?.focus();
  };
  return (
    <div
      className="segmented"
      role="radiogroup"
      aria-label={props.label}
      ref={group}
      onKeyDown={(e) => {
        const by =
          e.key === 'ArrowRight' || e.key === 'ArrowDown'
            ? 1
            : e.key === 'ArrowLeft' || e.key === 'ArrowUp'
              ? -1
              : 0;
        if (by === 0) return;
        e.preventDefault();
        move(by);
      }}
    >
      {props.choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          role="radio"
          aria-checked={choice.value === props.value}
          aria-label={choice.iconOnly ? choice.label : undefined}
          title={choice.iconOnly ? choice.label : undefined}
          tabIndex={choice.value === props.value ? 0 : -1}
          className="segment"
          onClick={() => props.onChange(choice.value)}
        >
          {choice.icon && <Icon name={choice.icon} size={15} />}
          {!choice.iconOnly && choice.label}
        </button>
      ))}
    </div>
  );
}

export function Select<T extends string>(props: {
  label: string;
  value: T;
  choices: { value: T; label: string }[];
  onChange: (value: T) => void;
  hideLabel?: boolean;
}) {
  const id = useId();
  return (
    <span className="field">
      <label htmlFor={id} className={props.hideLabel ? 'visually-hidden' : 'field-label'}>
        {props.label}
      </label>
      <span className="select">
        <select id={id} value={props.value} onChange={(e) => props.onChange(e.target.value as T)}>
          {props.choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
        <Icon name="down" size={13} />
      </span>
    </span>
  );
}

export function SearchField(props: {
  label: string;
  value: string;
  placeholder?: string;
  onChange: (value: string) => void;
  autoFocus?: boolean;
}) {
  return (
    <span className="search-field">
      <Icon name="search" size={15} />
      <input
        type="search"
        data-autofocus={props.autoFocus}
        aria-label={props.label}
        placeholder={props.placeholder ?? props.label}
        value={props.value}
        spellCheck={false}
        autoComplete="off"
        onChange={(e) => props.onChange(e.target.value)}
      />
    </span>
  );
}

/** A box that opens below its button and closes on Escape or a press elsewhere. */
export function Popover(props: {
  button: (open: boolean, toggle: () => void) => ReactNode;
  children: (close: () => void) => ReactNode;
  label: string;
  align?: 'start' | 'end';
  className?: string;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const close = () => {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  };
  useEffect(() => {
    if (!open) return;
    const outside = (e: PointerEvent) => {
      if (!root.current?.contains(e.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  return (
    <span
      className="popover-root"
      ref={root}
      onKeyDown={(e) => {
        if (open && e.key === 'Escape') {
          e.stopPropagation();
          close();
        }
      }}
    >
      {props.button(open, () => setOpen(!open))}
      {open && (
        <div
          className={`popover popover-${props.align ?? 'start'} ${props.className ?? ''}`}
          role="dialog"
          aria-label={props.label}
        >
          {props.children(close)}
        </div>
      )}
    </span>
  );
}

/** A modal window on the browser's own dialog element: focus is kept inside and given back. */
export function Dialog(props: {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}) {
  const node = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const dialog = node.current;
    if (!props.open || !dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-autofocus="true"]')?.focus();
  }, [props.open]);
  if (!props.open) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the dialog element itself closes on Escape.
    <dialog
      ref={node}
      className={props.wide ? 'dialog dialog-wide' : 'dialog'}
      aria-labelledby={title}
      onClose={props.onClose}
      onClick={(e) => {
        if (e.target === node.current) props.onClose();
      }}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2 id={title}>{props.title}</h2>
          <Button icon="close" look="ghost" label="Close" onClick={props.onClose} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

export function CopyButton({ text, label = 'Copy' }: { text: string | (() => string); label?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <Button
      icon={done ? 'check' : 'copy'}
      look="ghost"
      label={done ? 'Copied' : label}
      onClick={() => {
        void copyText(typeof text === 'string' ? text : text()).then(setDone);
      }}
    />
  );
}

/** The clipboard API exists only on secure origins; a server in a private network is often plain HTTP. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const ok = document.execCommand('copy');
    area.remove();
    return ok;
  }
}

export function Notice({
  kind,
  title,
  children,
}: {
  kind: 'error' | 'warning' | 'info';
  title?: string;
  children: ReactNode;
}) {
  return (
    <div className={`notice notice-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <Icon name={kind} size={17} />
      <div className="notice-text">
        {title && <strong>{title}</strong>}
        <div>{children}</div>
      </div>
    </div>
  );
}

export function Empty({
  icon,
  title,
  children,
  actions,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="empty">
      <div className="empty-icon">
        <Icon name={icon} size={26} />
      </div>
      <h2>{title}</h2>
      {children && <div className="empty-text">{children}</div>}
      {actions && <div className="empty-actions">{actions}</div>}
    </div>
  );
}

export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" />
      {label}…
    </div>
  );
}

/** What the server calls itself (--web.page-title), written into the document. */
const product = document.title;

/** Names the page in the browser's tab and history. */
function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${product}`;
  }, [title]);
}

export function PageHead({
  title,
  tab,
  children,
  lead,
}: {
  title: string;
  /** What the browser's tab says when it should say more than the title. */
  tab?: string;
  lead?: ReactNode;
  children?: ReactNode;
}) {
  useTitle(tab ?? title);
  return (
    <header className="page-head">
      <div className="page-title">
        <h1>{title}</h1>
        {lead && <p className="page-lead">{lead}</p>}
      </div>
      {children && <div className="page-tools">{children}</div>}
    </header>
  );
}

export function LabelChips({ labels, omit = [] }: { labels: Record<string, string>; omit?: string[] }) {
  const names = Object.keys(labels)
    .filter((name) => !omit.includes(name))
    .sort();
  return (
    <span className="chips">
      {names.map((name) => (
        <span className="chip" key={name}>
          {name !== '__name__' && <span className="chip-name">{name}</span>}
          <span className="chip-value">{labels[name] || '""'}</span>
        </span>
      ))}
    </span>
  );
}
