/** The box beside the pointer. Built by hand: it follows every mouse move. */

export interface TooltipRow {
  color: string;
  name: string;
  value: string;
  focused: boolean;
}

export interface TooltipContent {
  title: string;
  rows: TooltipRow[];
  more: number;
  /** Label lines below the rows: of the focused series or of an exemplar. */
  details: [string, string][];
}

const MAX_DETAILS = 14;

function element(tag: string, className: string, text?: string): HTMLElement {
  const node = document.createElement(tag);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

export class Tooltip {
  private readonly box = element('div', 'chart-tip');

  constructor(private readonly host: HTMLElement) {
    this.box.setAttribute('aria-hidden', 'true');
    this.hide();
    document.body.append(this.box);
  }

  hide(): void {
    this.box.style.display = 'none';
  }

  remove(): void {
    this.box.remove();
  }

  show(content: TooltipContent, left: number, top: number): void {
    const nodes: HTMLElement[] = [element('div', 'chart-tip-title', content.title)];
    for (const row of content.rows) {
      const line = element('div', row.focused ? 'chart-tip-row is-focused' : 'chart-tip-row');
      const swatch = element('span', 'swatch');
      swatch.style.background = row.color;
      line.append(
        swatch,
        element('span', 'chart-tip-name', row.name),
        element('span', 'chart-tip-value', row.value),
      );
      nodes.push(line);
    }
    if (content.more > 0) nodes.push(element('div', 'chart-tip-more', `${content.more} more`));
    if (content.details.length > 0) {
      const list = element('dl', 'chart-tip-details');
      for (const [name, value] of content.details.slice(0, MAX_DETAILS)) {
        list.append(element('dt', '', name), element('dd', '', value));
      }
      nodes.push(list);
    }
    this.box.replaceChildren(...nodes);
    this.box.style.display = 'block';
    this.place(left, top);
  }

  private place(left: number, top: number): void {
    const over = this.host.getBoundingClientRect();
    const box = this.box.getBoundingClientRect();
    const gap = 14;
    const x = over.left + left;
    const right = x + gap + box.width <= window.innerWidth - 8;
    const px = right ? x + gap : Math.max(8, x - gap - box.width);
    const py = Math.min(Math.max(8, over.top + top - box.height / 2), window.innerHeight - box.height - 8);
    this.box.style.transform = `translate(${Math.round(px)}px, ${Math.round(py)}px)`;
  }
}
