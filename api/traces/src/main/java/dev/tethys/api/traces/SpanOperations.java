package dev.tethys.api.traces;

import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Lists of services and of operations with their kinds. */
final class SpanOperations {
  private static final SpanNeeds NAME_AND_KIND =
      new SpanNeeds(
          false,
          false,
          false,
          false,
          List.of(
              SpanField.intrinsic(SpanField.Scope.NAME),
              SpanField.intrinsic(SpanField.Scope.KIND)));

  private SpanOperations() {}

  /** One operation of a service. */
  record Operation(String name, int kind) implements Comparable<Operation> {
    private static final Comparator<Operation> ORDER =
        Comparator.comparing(Operation::name).thenComparing(Operation::kind);

    @Override
    public int compareTo(Operation other) {
      return ORDER.compare(this, other);
    }
  }

  /** Returns the distinct strings of a field, sorted. */
  static SortedSet<String> texts(
      TraceStore store, Scope scope, SpanField field, SpanFilter filter, Range range, int limit) {
    TreeSet<String> out = new TreeSet<>();
    for (SpanValue v : store.values(scope, field, filter, range.from(), range.to(), limit)) {
      if (v instanceof SpanValue.Text t) {
        out.add(t.value());
      }
    }
    return out;
  }

  /** Time range, the end exclusive. */
  record Range(long from, long to) {}

  /** Returns the distinct operations of a service, sorted, up to a limit. */
  static SortedSet<Operation> operations(
      TraceStore store, Scope scope, SpanFilter filter, Range range, int limit) {
    TreeSet<Operation> out = new TreeSet<>();
    try (SpanSelection selection = store.select(scope, range.from(), range.to())) {
      List<SpanSegment> segments = new ArrayList<>(selection.segments());
      segments.sort(Comparator.comparingLong(SpanSegment::lastTime).reversed());
      for (SpanSegment s : segments) {
        Cancellation.check();
        Seen seen = new Seen();
        s.scan(
            filter,
            NAME_AND_KIND,
            rows -> {
              SpanColumn names = rows.columns[0];
              SpanColumn kinds = rows.columns[1];
              for (int i = 0; i < rows.count; i++) {
                int code = names.types[i] == SpanColumn.STRING ? (int) names.bits[i] : -1;
                int kind = kinds.types[i] == SpanColumn.INT ? (int) kinds.bits[i] : 0;
                if (seen.isNew(code, kind) && out.size() < limit) {
                  out.add(new Operation(code < 0 ? "" : names.strings[code], kind));
                }
              }
            });
        if (out.size() >= limit) {
          break;
        }
      }
    }
    return out;
  }

  /** Name code and kind pairs seen by a scan. */
  private static final class Seen {
    private byte[] kinds = new byte[64];

    boolean isNew(int code, int kind) {
      int at = code + 1;
      if (at >= kinds.length) {
        kinds = Arrays.copyOf(kinds, Math.max(2 * kinds.length, at + 1));
      }
      int bit = 1 << Math.min(7, Math.max(0, kind));
      if ((kinds[at] & bit) != 0) {
        return false;
      }
      kinds[at] |= (byte) bit;
      return true;
    }
  }
}
