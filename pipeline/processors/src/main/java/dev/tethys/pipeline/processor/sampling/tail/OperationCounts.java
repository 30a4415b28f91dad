package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Number of traces per operation (service and span name) in a sliding window, estimated from the
 * current window and a part of the previous one. Operations beyond a limit count as one for each
 * service, so that names with ids in them are not rare forever. Not thread-safe.
 */
final class OperationCounts {
  private static final String SERVICE = "service.name";

  /**
   * Maximum number of services whose operations are counted separately; the others are counted
   * together.
   */
  private static final int SERVICES = 1000;

  private record Operation(String service, String name) {}

  private static final class Count {
    long window;
    int now;
    int before;

    /** Counts a trace and estimates the number of the last window. */
    double add(long at, double passed) {
      if (at != window) {
        before = at == window + 1 ? now : 0;
        now = 0;
        window = at;
      }
      if (now < Integer.MAX_VALUE) {
        now++;
      }
      return now + before * (1 - passed);
    }
  }

  private final long window;
  private final int max;
  private final int maxOfService;

  /** In the order of their last use. */
  private final LinkedHashMap<Operation, Count> counts = new LinkedHashMap<>(16, 0.75f, true);

  private final Map<String, Integer> names = new HashMap<>(); // operations of a service in counts
  private final LinkedHashMap<String, Count> others = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param window length of the window in nanoseconds
   * @param max most operations
   */
  OperationCounts(long window, int max) {
    this.window = window;
    this.max = max;
    this.maxOfService = Math.max(1, max / 10);
  }

  /** Counts a trace once for each of its operations, and returns the number of the rarest. */
  double leastOf(Trace trace, long nanos) {
    long at = Math.floorDiv(nanos, window);
    double passed = (double) Math.floorMod(nanos, window) / window;
    expire(at);
    double least = Double.POSITIVE_INFINITY;
    Set<Operation> seen = new HashSet<>();
    Set<String> seenOthers = new HashSet<>();
    for (TracesData d : trace.data()) {
      for (ResourceGroup<Span> r : d.resources()) {
        String service = r.resource().attributes().get(SERVICE) instanceof String s ? s : "";
        for (ScopeGroup<Span> s : r.scopes()) {
          for (Span span : s.items()) {
            Operation o = new Operation(service, span.name());
            if (seen.add(o)) {
              least = Math.min(least, add(o, at, passed, seenOthers));
            }
          }
        }
      }
    }
    return least;
  }

  private double add(Operation o, long at, double passed, Set<String> seenOthers) {
    Count c = counts.get(o);
    if (c == null) {
      int of = names.getOrDefault(o.service, 0);
      if (counts.size() >= max || of >= maxOfService) {
        return addOther(o.service, at, passed, seenOthers);
      }
      names.put(o.service, of + 1);
      c = new Count();
      c.window = at;
      counts.put(o, c);
    }
    return c.add(at, passed);
  }

  private double addOther(String service, long at, double passed, Set<String> seenOthers) {
    String key = others.containsKey(service) || others.size() < SERVICES ? service : "";
    if (!seenOthers.add(key)) {
      return Double.POSITIVE_INFINITY; // this trace was counted
    }
    return others.computeIfAbsent(key, k -> new Count()).add(at, passed);
  }

  /** Removes operations without a trace in this window and the previous one. */
  private void expire(long at) {
    for (Iterator<Map.Entry<Operation, Count>> i = counts.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<Operation, Count> e = i.next();
      if (e.getValue().window >= at - 1) {
        break;
      }
      i.remove();
      names.computeIfPresent(e.getKey().service, (k, n) -> n == 1 ? null : n - 1);
    }
    for (Iterator<Count> i = others.values().iterator(); i.hasNext(); ) {
      if (i.next().window >= at - 1) {
        break;
      }
      i.remove();
    }
  }
}
