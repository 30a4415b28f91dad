/** Handles of a panel in the edit mode: dragged, or moved by the arrow keys. */
import { useRef } from 'react';
import { Button } from '../components/ui';
import type { Panel } from './model';
import { GAP, ROW } from './panel-view';

/** Follows the pointer in units of the grid and reports each step. */
function drag(e: React.PointerEvent<HTMLElement>, step: (dx: number, dy: number) => void): void {
  const grid = e.currentTarget.closest('.dash-grid');
  if (!grid || e.button !== 0) return;
  e.preventDefault();
  const column = (grid.clientWidth + GAP) / 24;
  const row = ROW + GAP;
  const { clientX, clientY } = e;
  let doneX = 0;
  let doneY = 0;
  const move = (m: PointerEvent) => {
    const x = Math.round((m.clientX - clientX) / column);
    const y = Math.round((m.clientY - clientY) / row);
    if (x === doneX && y === doneY) return;
    step(x - doneX, y - doneY);
    doneX = x;
    doneY = y;
  };
  const up = () => {
    document.removeEventListener('pointermove', move);
    document.removeEventListener('pointerup', up);
    document.removeEventListener('pointercancel', up);
  };
  document.addEventListener('pointermove', move);
  document.addEventListener('pointerup', up);
  document.addEventListener('pointercancel', up);
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function PanelTools(props: {
  panel: Panel;
  onMove: (dx: number, dy: number) => void;
  onResize: (dw: number, dh: number) => void;
  onEdit: () => void;
  onCopy: () => void;
  onRemove: () => void;
}) {
  const name = props.panel.title || `panel ${props.panel.id}`;
  const handlers = useRef(props);
  handlers.current = props;
  const keys = (act: 'onMove' | 'onResize') => (e: React.KeyboardEvent) => {
    const by = ARROWS[e.key];
    if (!by) return;
    e.preventDefault();
    props[act](...by);
  };
  return (
    <>
      <Button
        icon="more"
        look="ghost"
        className="dash-handle"
        label={`Move ${name}: drag, or arrow keys`}
        onPointerDown={(e) => drag(e, (x, y) => handlers.current.onMove(x, y))}
        onKeyDown={keys('onMove')}
      />
      <Button icon="format" look="ghost" label={`Edit ${name}`} onClick={props.onEdit} />
      <Button icon="copy" look="ghost" label={`Duplicate ${name}`} onClick={props.onCopy} />
      <Button icon="trash" look="ghost" label={`Remove ${name}`} onClick={props.onRemove} />
      <button
        type="button"
        className="dash-resize"
        aria-label={`Resize ${name}: drag, or arrow keys`}
        title="Resize: drag, or arrow keys"
        onPointerDown={(e) => drag(e, (x, y) => handlers.current.onResize(x, y))}
        onKeyDown={keys('onResize')}
      />
    </>
  );
}
