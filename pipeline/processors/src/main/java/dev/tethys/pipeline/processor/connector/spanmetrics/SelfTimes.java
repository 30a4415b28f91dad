package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Durations of spans without the time of their children. They are computed only for traces that are
 * complete in one batch. A batch with a root and a span without its parent is incomplete, and
 * duplicate span ids form no tree; both are skipped.
 */
final class SelfTimes {
  private SelfTimes() {}

  private record TraceId(long high, long low) {}

  private record Interval(long start, long end) {}

  /** A span, and the times of its children within its own. */
  private static final class Node {
    final Span span;
    @Nullable List<Interval> children;

    Node(Span span) {
      this.span = span;
    }
  }

  /** Computes self times in nanoseconds, for spans with known self times. */
  static Map<Span, Long> of(TracesData data) {
    Map<TraceId, List<Span>> traces = new HashMap<>();
    for (ResourceGroup<Span> r : data.resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span span : s.items()) {
          if ((span.traceIdHigh() | span.traceIdLow()) != 0 && span.spanId() != 0) {
            traces
                .computeIfAbsent(
                    new TraceId(span.traceIdHigh(), span.traceIdLow()), _ -> new ArrayList<>())
                .add(span);
          }
        }
      }
    }
    Map<Span, Long> times = new IdentityHashMap<>();
    for (List<Span> trace : traces.values()) {
      for (Node n : nodes(trace)) {
        long nanos = n.span.endTimeUnixNano() - n.span.startTimeUnixNano();
        if (nanos >= 0) {
          times.put(n.span, n.children == null ? nanos : nanos - covered(n.children));
        }
      }
    }
    return times;
  }

  /** Spans of a trace with their children; empty if the trace is incomplete. */
  private static Collection<Node> nodes(List<Span> trace) {
    Map<Long, Node> nodes = new HashMap<>();
    for (Span s : trace) {
      if (nodes.put(s.spanId(), new Node(s)) != null) {
        return List.of();
      }
    }
    boolean root = false;
    boolean missing = false;
    for (Span s : trace) {
      Node parent = nodes.get(s.parentSpanId());
      root |= s.parentSpanId() == 0;
      missing |= s.parentSpanId() != 0 && parent == null;
      if (parent != null) {
        add(s, parent);
      }
    }
    return root && missing ? List.of() : nodes.values();
  }

  private static void add(Span child, Node to) {
    long start = Math.max(child.startTimeUnixNano(), to.span.startTimeUnixNano());
    long end = Math.min(child.endTimeUnixNano(), to.span.endTimeUnixNano());
    if (end > start) {
      if (to.children == null) {
        to.children = new ArrayList<>();
      }
      to.children.add(new Interval(start, end));
    }
  }

  /** Returns the time covered by at least one interval. */
  private static long covered(List<Interval> intervals) {
    intervals.sort(Comparator.comparingLong(Interval::start));
    long sum = 0;
    long until = Long.MIN_VALUE;
    for (Interval i : intervals) {
      if (i.end() > until) {
        sum += i.end() - Math.max(i.start(), until);
        until = i.end();
      }
    }
    return sum;
  }
}
