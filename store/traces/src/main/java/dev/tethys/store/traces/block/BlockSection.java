package dev.tethys.store.traces.block;

/**
 * Sections of a block of spans. Rows of a trace follow one another, in the order of their starts.
 *
 * <pre>
 * HEADER:        uvarint rows, traces, events, links
 * TRACE_IDS:     16 bytes for each trace
 * TRACE_ROWS:    numbers, rows of each trace
 * SPAN_IDS:      8 bytes for each row
 * PARENTS:       numbers for each row: 0 a root, 1 a span outside of the trace's rows, whose id is the next of
 *                PARENT_IDS, else 2 + zigzag(row of the parent - row)
 * PARENT_IDS:    8 bytes each
 * TRACE_STARTS:  numbers, start of the first row of each trace - that of the trace before
 * STARTS:        numbers, for each other row: start - start of the row before
 * ENDS:          numbers, end - start
 * KINDS, STATUS, SCOPES: numbers; scopes are those of the part
 * NAMES, MESSAGES, STATES, RESTS: strings
 * SHAPES:        numbers, shape of each row
 * EVENT_COUNTS:  numbers, for each row
 * EVENT_TIMES:   numbers, for each event: time - start of its row
 * EVENT_NAMES, EVENT_RESTS: strings; EVENT_SHAPES: numbers
 * LINK_COUNTS:   numbers, for each row
 * LINK_TRACES:   numbers, for each link: 0 the trace of its row, 1 the next of LINK_TRACE_IDS
 * LINK_TRACE_IDS: 16 bytes each
 * LINK_SPANS, LINK_SPAN_IDS: as PARENTS, for each link
 * LINK_STATES, LINK_RESTS: strings; LINK_SHAPES: numbers
 * SHAPE_LIST:    packed: uvarint keys, each: uvarint length, bytes; uvarint columns, each: 1 byte type,
 *                uvarint values; then for spans, events, links: uvarint shapes, each: uvarint elements, each:
 *                uvarint key, uvarint column
 * COLUMN + n:    values of column n by its type: STRING, OTHER strings; INT, BOOL numbers; DOUBLE reals
 * </pre>
 *
 * The values of a column are those of all elements of shapes that refer to it, in row order and
 * then in element order. Columns of few values share one column of their type. Numbers, reals and
 * strings are described in {@link ColumnWriter}; ids are big-endian.
 */
final class BlockSection {
  static final int HEADER = 0;
  static final int TRACE_IDS = 1;
  static final int TRACE_ROWS = 2;
  static final int SPAN_IDS = 3;
  static final int PARENTS = 4;
  static final int PARENT_IDS = 5;
  static final int TRACE_STARTS = 6;
  static final int STARTS = 7;
  static final int ENDS = 8;
  static final int KINDS = 9;
  static final int STATUS = 10;
  static final int SCOPES = 11;
  static final int NAMES = 12;
  static final int MESSAGES = 13;
  static final int STATES = 14;
  static final int RESTS = 15;
  static final int SHAPES = 16;
  static final int EVENT_COUNTS = 17;
  static final int EVENT_TIMES = 18;
  static final int EVENT_NAMES = 19;
  static final int EVENT_RESTS = 20;
  static final int EVENT_SHAPES = 21;
  static final int LINK_COUNTS = 22;
  static final int LINK_TRACES = 23;
  static final int LINK_TRACE_IDS = 24;
  static final int LINK_SPANS = 25;
  static final int LINK_SPAN_IDS = 26;
  static final int LINK_STATES = 27;
  static final int LINK_RESTS = 28;
  static final int LINK_SHAPES = 29;
  static final int SHAPE_LIST = 30;
  static final int COLUMN = 32;

  /** Number of columns that keys share, one for each type, which come first. */
  static final int SHARED = 6;

  private BlockSection() {}
}
