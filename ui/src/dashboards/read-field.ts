/** Reads the options of fields, their overrides, and names those that are not shown. */
import { at, flag, isObject, type Json, list, number, object, objects, text, texts } from './json';
import type { FieldOptions, Mapping, Override } from './model';

export const FIELD: FieldOptions = {
  unit: '',
  decimals: null,
  min: null,
  max: null,
  displayName: '',
  noValue: '',
  colorMode: 'palette-classic',
  color: '',
  thresholds: [],
  percentThresholds: false,
  mappings: [],
  draw: 'line',
  fill: 0,
  stacking: 'none',
  hidden: false,
  cell: 'auto',
  thresholdLines: false,
  negativeY: false,
  spanGaps: false,
};

function readThresholds(v: unknown): Partial<FieldOptions> {
  return {
    thresholds: objects(at(v, 'steps')).map((s) => ({
      value: number(s.value),
      color: text(s.color, 'green'),
    })),
    percentThresholds: text(at(v, 'mode')) === 'percentage',
  };
}

function readMappings(v: unknown): Mapping[] {
  const out: Mapping[] = [];
  const mapping = (kind: Mapping['kind'], match: string, result: unknown, range: Json = {}): Mapping => ({
    kind,
    match,
    from: number(range.from),
    to: number(range.to),
    text: text(at(result, 'text')),
    color: text(at(result, 'color')),
  });
  for (const one of objects(v)) {
    const options = object(one.options);
    // Numbers stood for the kinds in version 7.
    if (text(one.type) === '1') out.push(mapping('value', text(one.value), { text: one.text }));
    else if (text(one.type) === '2') out.push(mapping('range', '', { text: one.text }, one));
    else if (text(one.type) === 'range') out.push(mapping('range', '', options.result, options));
    else if (text(one.type) === 'regex') out.push(mapping('regex', text(options.pattern), options.result));
    else if (text(one.type) === 'special') out.push(mapping('special', text(options.match), options.result));
    else for (const [value, result] of Object.entries(options)) out.push(mapping('value', value, result));
  }
  return out;
}

const CELLS: Record<string, FieldOptions['cell']> = {
  auto: 'auto',
  'color-text': 'text',
  'color-background': 'background',
  'color-background-solid': 'background',
  gauge: 'gauge',
  'basic-gauge': 'gauge',
  'gradient-gauge': 'gauge',
  'lcd-gauge': 'gauge',
};

/** Properties of style that change nothing of what a panel says. */
const STYLE =
  /^(custom\.)?(lineWidth|linewidth|lineInterpolation|lineStyle|gradientMode|pointSize|showPoints|insertNulls|barAlignment|barWidthFactor|barMaxWidth|axisColorMode|axisGridShow|axisCenteredZero|axisBorderShow|axisLabel|axisWidth|axisSoftMin|axisSoftMax|width|minWidth|align|filterable|inspect|tooltip|hideTooltip|zindex|dashes|footer|wrapText|wrapHeaderText|showValues|custom|displayNameFromDS|color\.seriesBy|description|writeable|path|unitScale|filter|interval|noise|neutral|hideZeros|fieldMinMax)$/;

/** One property of a field, as in overrides: its id is a path. Null if it is not known. */
function readProperty(id: string, value: unknown): Partial<FieldOptions> | null {
  switch (id) {
    case 'unit':
      return { unit: text(value) };
    case 'decimals':
      return { decimals: number(value) };
    case 'min':
      return { min: number(value) };
    case 'max':
      return { max: number(value) };
    case 'displayName':
      return { displayName: text(value) };
    case 'noValue':
      return { noValue: text(value) };
    case 'color':
      return {
        colorMode: text(at(value, 'mode'), 'palette-classic'),
        color: text(at(value, 'fixedColor')),
      };
    case 'thresholds':
      return readThresholds(value);
    case 'mappings':
      return { mappings: readMappings(value) };
    case 'custom.drawStyle':
      return { draw: value === 'bars' ? 'bars' : value === 'points' ? 'points' : 'line' };
    case 'custom.fillOpacity':
      return { fill: number(value) ?? 0 };
    case 'custom.stacking': {
      // Without a group a line is not part of the stack.
      const mode = at(value, 'group') === false ? 'none' : text(at(value, 'mode'), 'none');
      return { stacking: mode === 'normal' || mode === 'percent' ? mode : 'none' };
    }
    case 'custom.hideFrom':
      return { hidden: flag(at(value, 'viz')) };
    case 'custom.hidden':
      return { hidden: flag(value) };
    case 'custom.hideFrom.viz':
      return { hidden: flag(value) };
    case 'custom.displayMode':
      return { cell: CELLS[text(value)] ?? 'auto' };
    case 'custom.cellOptions':
      return { cell: CELLS[text(at(value, 'type'))] ?? 'auto' };
    case 'custom.thresholdsStyle': {
      const mode = text(at(value, 'mode'), 'off');
      return { thresholdLines: mode !== 'off' };
    }
    case 'custom.transform':
      return value === 'negative-Y' ? { negativeY: true } : null;
    case 'custom.spanNulls':
      return { spanGaps: value === true || typeof value === 'number' };
    case 'nullValueMode':
      return { spanGaps: value === 'connected' };
    default:
      return null;
  }
}

/** Why a property is not shown; "" if it is, or is style alone. */
function notShown(id: string, value: unknown): string {
  if (id === 'custom.axisPlacement') return value === 'right' ? 'second axis' : '';
  if (id === 'custom.scaleDistribution')
    return ['log', 'symlog'].includes(text(at(value, 'type'))) ? 'logarithmic axis' : '';
  if (id === 'custom.cellOptions' || id === 'custom.displayMode') {
    const type = isObject(value) ? text(value.type) : text(value);
    return type === '' || CELLS[type] ? '' : `cells of type ${type}`;
  }
  if (id === 'links' || id === 'actions') return list(value).length > 0 ? `${id} of values` : '';
  if (id === 'custom.fillBelowTo') return 'area between two series';
  if (id === 'nullValueMode') return value === 'null as zero' ? 'gaps as zero' : '';
  if (id === 'custom.transform') return value === 'constant' ? 'transform constant' : '';
  if (STYLE.test(id) || readProperty(id, value)) return '';
  return `property ${id}`;
}

const MATCHERS: Override['matcher'][] = ['byName', 'byNames', 'byRegexp', 'byType', 'byFrameRefID'];

export function readField(raw: Json, notes: Set<string>): { field: FieldOptions; overrides: Override[] } {
  const defaults = object(at(raw, 'fieldConfig.defaults'));
  let field: FieldOptions = { ...FIELD };
  const apply = (id: string, value: unknown) => {
    const read = readProperty(id, value);
    if (read) field = { ...field, ...read };
    const why = notShown(id, value);
    if (why) notes.add(why);
  };
  for (const [id, value] of Object.entries(defaults))
    if (id !== 'custom' && id !== 'prefix' && id !== 'postfix' && id !== 'thresholdLines') apply(id, value);
  for (const [id, value] of Object.entries(object(defaults.custom))) apply(`custom.${id}`, value);
  if (defaults.thresholdLines === true) field.thresholdLines = true;
  const overrides: Override[] = [];
  for (const one of objects(at(raw, 'fieldConfig.overrides'))) {
    const matcher = MATCHERS.find((m) => m === text(at(one, 'matcher.id')));
    if (!matcher) {
      notes.add(`override ${text(at(one, 'matcher.id')) || 'without matcher'}`);
      continue;
    }
    let options: Partial<FieldOptions> = {};
    for (const p of objects(one.properties)) {
      const id = text(p.id);
      const read = readProperty(id, p.value);
      if (read) options = { ...options, ...read };
      const why = notShown(id, p.value);
      if (why) notes.add(`override ${why}`);
    }
    overrides.push({
      matcher,
      argument: text(at(one, 'matcher.options')),
      names: texts(at(one, 'matcher.options.names')),
      others: text(at(one, 'matcher.options.mode')) === 'exclude',
      options,
    });
  }
  return { field, overrides };
}
