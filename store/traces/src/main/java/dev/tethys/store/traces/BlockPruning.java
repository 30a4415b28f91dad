package dev.tethys.store.traces;

import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanValue;

/** Decision by the filter of trace ids whether a block is read. */
final class BlockPruning {
  private static final int ID_DIGITS = 32;

  private BlockPruning() {}

  /** Returns false if no row of a block fits. */
  static boolean mayFit(TracePart part, int block, SpanFilter filter) {
    return switch (filter) {
      case SpanFilter.And a -> a.operands().stream().allMatch(f -> mayFit(part, block, f));
      case SpanFilter.Or o -> o.operands().stream().anyMatch(f -> mayFit(part, block, f));
      case SpanFilter.OfTraces t -> t.ids().anyMatch((high, low) -> part.mayHold(block, high, low));
      case SpanFilter.Compare c -> mayFit(part, block, c);
      default -> true;
    };
  }

  private static boolean mayFit(TracePart part, int block, SpanFilter.Compare c) {
    if (c.field().scope() != SpanField.Scope.TRACE_ID
        || c.operator() != SpanFilter.Operator.EQUAL
        || !(c.value() instanceof SpanValue.Text t)) {
      return true;
    }
    if (t.value().length() != ID_DIGITS || !t.value().matches("[0-9a-f]+")) {
      return false; // ids are compared with their digits
    }
    return part.mayHold(
        block,
        Long.parseUnsignedLong(t.value(), 0, 16, 16),
        Long.parseUnsignedLong(t.value(), 16, ID_DIGITS, 16));
  }
}
