/** Where panels are: rows that collapse, and panels and rows that repeat for each value of a variable. */
import type { Item, Panel, Place, Row } from './model';
import { type Scope, single } from './variables';

const COLUMNS = 24;
/** Copies of one panel or row. */
const MAX_COPIES = 50;

export type Placed =
  | {
      kind: 'row';
      key: string;
      row: Row;
      title: string;
      open: boolean;
      y: number;
      hidden: number;
      scope: Scope;
    }
  | { kind: 'panel'; key: string; panel: Panel; place: Place; scope: Scope; copy: boolean };

interface Section {
  row: Row | null;
  panels: Panel[];
}

function sections(items: Item[]): Section[] {
  const out: Section[] = [{ row: null, panels: [] }];
  const ordered = [...items].sort(
    (a, b) =>
      (a.row?.y ?? a.panel?.place.y ?? 0) - (b.row?.y ?? b.panel?.place.y ?? 0) ||
      (a.row ? -1 : 0) - (b.row ? -1 : 0) ||
      (a.panel?.place.x ?? 0) - (b.panel?.place.x ?? 0),
  );
  for (const item of ordered) {
    if (item.row) out.push({ row: item.row, panels: [...item.row.panels] });
    else (out.at(-1) as Section).panels.push(item.panel);
  }
  return out.filter((s) => s.row !== null || s.panels.length > 0);
}

/** Scopes of the copies of what repeats for a variable. */
function copies(variable: string, scope: Scope): { scope: Scope; key: string }[] {
  const value = variable ? scope.get(variable) : undefined;
  if (!value || value.values.length === 0) return [{ scope, key: '' }];
  return value.values.slice(0, MAX_COPIES).map((v, i) => ({
    scope: new Map(scope).set(variable, {
      ...single(v),
      texts: [value.texts.length === value.values.length ? (value.texts[i] as string) : v],
    }),
    key: `~${v}`,
  }));
}

interface Copy {
  panel: Panel;
  place: Place;
  scope: Scope;
  key: string;
  copy: boolean;
}

/** Panels of a section from y = 0 on. What stands below a panel that repeats moves down by the height that is added. */
function within(panels: Panel[], scope: Scope): Copy[] {
  if (panels.length === 0) return [];
  const top = Math.min(...panels.map((p) => p.place.y));
  const shifts: { from: number; by: number }[] = [];
  const out: Copy[] = [];
  for (const panel of [...panels].sort((a, b) => a.place.y - b.place.y || a.place.x - b.place.x)) {
    const { h } = panel.place;
    const y = panel.place.y - top + shifts.reduce((sum, s) => sum + (panel.place.y >= s.from ? s.by : 0), 0);
    const all = copies(panel.repeat, scope);
    if (all.length === 1) {
      out.push({ panel, place: { ...panel.place, y }, scope: all[0]?.scope ?? scope, key: '', copy: false });
      continue;
    }
    const perRow = panel.repeatDown ? 1 : Math.min(all.length, panel.repeatMax);
    const w = panel.repeatDown ? panel.place.w : Math.floor(COLUMNS / perRow);
    all.forEach((one, i) => {
      const x = panel.repeatDown ? panel.place.x : (i % perRow) * w;
      out.push({
        panel,
        place: { x, y: y + Math.floor(i / perRow) * h, w, h },
        scope: one.scope,
        key: one.key,
        copy: i > 0,
      });
    });
    const rows = Math.ceil(all.length / perRow);
    if (rows > 1) shifts.push({ from: panel.place.y + h, by: (rows - 1) * h });
  }
  return out;
}

/** `toggled`: keys of rows that the reader opened or closed against the dashboard. */
export function layout(items: Item[], scope: Scope, toggled: ReadonlySet<string>): Placed[] {
  const out: Placed[] = [];
  let y = 0;
  for (const section of sections(items)) {
    const { row } = section;
    for (const one of row ? copies(row.repeat, scope) : [{ scope, key: '' }]) {
      let open = true;
      const key = `row-${row?.id ?? 0}${one.key}`;
      if (row) {
        open = row.collapsed === toggled.has(key);
        out.push({
          kind: 'row',
          key,
          row,
          title: row.title,
          open,
          y,
          hidden: open ? 0 : section.panels.length,
          scope: one.scope,
        });
        y++;
      }
      if (!open) continue;
      let end = y;
      for (const c of within(section.panels, one.scope)) {
        const place = { ...c.place, y: c.place.y + y };
        end = Math.max(end, place.y + place.h);
        out.push({
          kind: 'panel',
          key: `${c.panel.id}${one.key}${c.key}`,
          panel: c.panel,
          place,
          scope: c.scope,
          copy: c.copy || (one.key !== '' && one.key !== `~${row?.repeat}`),
        });
      }
      y = end;
    }
  }
  return out;
}
