package dev.tethys.store.traces;

import dev.tethys.store.events.PartWriter;

/**
 * Footer sections of a part of spans.
 *
 * <pre>
 * GROUPS:  resources and scopes of all blocks, as a {@link dev.tethys.store.traces.block.SpanFrame}
 *          without spans
 * FILTERS: for each block: {@link TraceFilter}
 * </pre>
 */
final class TraceSections {
  static final int GROUPS = PartWriter.SIGNAL_SECTIONS;
  static final int FILTERS = GROUPS + 1;

  private TraceSections() {}
}
