package dev.tethys.query.traceql.exec;

import static java.util.Objects.requireNonNull;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.query.traceql.ast.Intrinsic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Spans of some traces as columns. The rows of a trace are together, oldest first, and the traces
 * in the order in which they were requested.
 */
final class TraceFrame {
  /** Columns for results that need whole traces. */
  record Core(
      ExecutionColumns.@Nullable Slot service,
      ExecutionColumns.@Nullable Slot name,
      ExecutionColumns.@Nullable Slot kind) {
    /** No columns, for frames without anything that follows from whole traces. */
    static final Core NONE = new Core(null, null, null);

    /** Columns for the fields that columns have until now. */
    static Core of(ExecutionColumns slots) {
      boolean service = slots.ofTrace().contains(Intrinsic.ROOT_SERVICE);
      boolean name = slots.ofTrace().contains(Intrinsic.ROOT_NAME);
      return new Core(
          service ? slots.slot(SpanField.SERVICE) : null,
          name ? slots.slot(Intrinsic.NAME) : null,
          slots.slot(Intrinsic.KIND));
    }
  }

  final Frame frame = new Frame();
  long[] spanIds = {};
  long[] parentIds = {};
  long[] starts = {};
  long[] durations = {};

  /** Query memory used by the frame, in bytes. */
  long reserved;

  /** First row of each trace, and the end of the last. */
  int[] traces = {};

  private final ExecutionColumns slots;
  private final Core core;
  private final NestedSets[] nested;

  TraceFrame(ExecutionColumns slots, Core core, int traces) {
    this.slots = slots;
    this.core = core;
    nested = new NestedSets[traces];
  }

  int from(int trace) {
    return traces[trace];
  }

  int to(int trace) {
    return traces[trace + 1];
  }

  /** Returns the tree of a trace, built on first use. */
  NestedSets nested(int trace) {
    NestedSets n = nested[trace];
    if (n == null) {
      SpanColumn kinds = frame.columns[requireNonNull(core.kind()).index()];
      boolean[] server = new boolean[to(trace) - from(trace)];
      for (int i = from(trace); i < to(trace); i++) {
        server[i - from(trace)] = kinds.types[i] == SpanColumn.INT && kinds.bits[i] == 2;
      }
      n = new NestedSets(spanIds, parentIds, server, from(trace), to(trace));
      nested[trace] = n;
    }
    return n;
  }

  /** Returns the row of the root; of several the first, -1 if there is none. */
  int root(int trace) {
    for (int i = from(trace); i < to(trace); i++) {
      if (parentIds[i] == 0) {
        return i;
      }
    }
    return -1;
  }

  long start(int trace) {
    return starts[from(trace)];
  }

  long duration(int trace) {
    long end = Long.MIN_VALUE;
    for (int i = from(trace); i < to(trace); i++) {
      long e = starts[i] + durations[i];
      end = Math.max(end, e < starts[i] ? Long.MAX_VALUE : e);
    }
    return Math.max(0, end - start(trace));
  }

  /** Computes the columns that follow from whole traces. */
  void fillOfTrace() {
    List<SpanColumn> all = new ArrayList<>(Arrays.asList(frame.columns));
    for (Intrinsic i : slots.ofTrace()) {
      all.add(ofTrace(i));
    }
    frame.columns = all.toArray(new SpanColumn[0]);
  }

  private SpanColumn ofTrace(Intrinsic field) {
    SpanColumn c = new SpanColumn();
    c.types = new byte[frame.count];
    c.bits = new long[frame.count];
    Map<String, Integer> codes = new HashMap<>();
    List<String> strings = new ArrayList<>();
    for (int t = 0; t + 1 < traces.length; t++) {
      switch (field) {
        case TRACE_DURATION -> {
          Arrays.fill(c.types, from(t), to(t), SpanColumn.INT);
          Arrays.fill(c.bits, from(t), to(t), duration(t));
        }
        case ROOT_NAME, ROOT_SERVICE -> {
          String s =
              rootText(
                  t, requireNonNull(field == Intrinsic.ROOT_NAME ? core.name() : core.service()));
          if (s != null) {
            Integer code = codes.get(s);
            if (code == null) {
              code = strings.size();
              codes.put(s, code);
              strings.add(s);
            }
            Arrays.fill(c.types, from(t), to(t), SpanColumn.STRING);
            Arrays.fill(c.bits, from(t), to(t), code);
          }
        }
        default -> {
          NestedSets n = nested(t);
          int[] numbers =
              switch (field) {
                case NESTED_SET_LEFT -> n.left;
                case NESTED_SET_RIGHT -> n.right;
                case NESTED_SET_PARENT -> n.parent;
                case CHILD_COUNT -> n.children;
                default -> throw new IllegalArgumentException(field.text());
              };
          for (int i = 0; i < numbers.length; i++) {
            c.types[from(t) + i] = SpanColumn.INT;
            c.bits[from(t) + i] = numbers[i];
          }
        }
      }
    }
    c.strings = strings.toArray(new String[0]);
    return c;
  }

  private @Nullable String rootText(int trace, ExecutionColumns.Slot slot) {
    int root = root(trace);
    return root < 0 ? null : text(root, slot);
  }

  /** Returns the string of a row in a column, or null if it has none. */
  @Nullable String text(int row, ExecutionColumns.Slot slot) {
    SpanColumn c = frame.columns[slot.index()];
    int i = Frame.from(c, row);
    return i < Frame.to(c, row) && c.types[i] == SpanColumn.STRING
        ? c.strings[(int) c.bits[i]]
        : null;
  }
}
