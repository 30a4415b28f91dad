package dev.tethys.tools;

import dev.tethys.model.GoDurationText;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Spans of a trace by parent and child, siblings by their start. A span without its parent is a
 * root. If two spans share an id, the client's is the parent of the server's. A cycle of parents is
 * cut at its oldest span.
 */
final class SpanTree {
  private static final List<String> KINDS =
      List.of("unspecified", "internal", "server", "client", "producer", "consumer");
  private static final List<String> STATUS = List.of("unset", "ok", "error");
  private static final int SERVER = 2;
  private static final int ERROR = 2;

  /** Deepest indentation; deeper spans have their depth in brackets. */
  private static final int MAX_INDENT = 40;

  /** Span with its children. */
  static final class Node {
    final String service;
    final Span span;
    final List<Node> children = new ArrayList<>();

    Node(String service, Span span) {
      this.service = service;
      this.span = span;
    }

    long duration() {
      return Math.max(0, span.endTimeUnixNano() - span.startTimeUnixNano());
    }

    String kind() {
      return name(KINDS, span.kind());
    }

    String status() {
      return name(STATUS, span.statusCode());
    }

    /** Returns the text by which spans of two traces are matched. */
    String key() {
      return service + "\0" + span.name() + "\0" + span.kind();
    }

    String title() {
      return TerminalText.printable(service.isEmpty() ? "(no service)" : service)
          + ": "
          + TerminalText.printable(span.name())
          + " ["
          + kind()
          + "]";
    }
  }

  private final List<Node> nodes = new ArrayList<>();
  private final List<Node> roots = new ArrayList<>();

  SpanTree(TracesData trace) {
    for (ResourceGroup<Span> r : trace.resources()) {
      Object service = r.resource().attributes().get("service.name");
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span span : s.items()) {
          nodes.add(new Node(service instanceof String t ? t : "", span));
        }
      }
    }
    nodes.sort(Comparator.comparingLong((Node n) -> n.span.startTimeUnixNano()));
    link();
  }

  private static String name(List<String> names, int code) {
    return code >= 0 && code < names.size() ? names.get(code) : String.valueOf(code);
  }

  private void link() {
    Map<Long, Node> clients = new HashMap<>(); // first span of an id that is not a server span
    Map<Long, Node> servers = new HashMap<>();
    for (Node n : nodes) {
      (n.span.kind() == SERVER ? servers : clients).putIfAbsent(n.span.spanId(), n);
    }
    for (Node n : nodes) {
      Node parent = null;
      Node same = clients.get(n.span.spanId());
      if (n.span.kind() == SERVER && same != null) {
        parent = same;
      } else if (n.span.parentSpanId() != 0) {
        Node server = servers.get(n.span.parentSpanId());
        parent = server != null && server != n ? server : clients.get(n.span.parentSpanId());
      }
      if (parent == null || parent == n) {
        roots.add(n);
      } else {
        parent.children.add(n);
      }
    }
    Set<Node> reached = new HashSet<>();
    roots.forEach(n -> reach(n, reached));
    for (Node n : nodes) {
      if (!reached.contains(n)) {
        roots.add(n);
        reach(n, reached);
      }
    }
  }

  /** Marks the descendants of a node; edges to a node that was reached before are removed. */
  private static void reach(Node root, Set<Node> reached) {
    Deque<Node> open = new ArrayDeque<>();
    reached.add(root);
    open.push(root);
    while (!open.isEmpty()) {
      Node n = open.pop();
      n.children.removeIf(c -> !reached.add(c));
      n.children.forEach(open::push);
    }
  }

  /** Prints the trace, a line each span. */
  void print(String id, PrintStream out) {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    Set<String> services = new HashSet<>();
    int errors = 0;
    for (Node n : nodes) {
      first = Math.min(first, n.span.startTimeUnixNano());
      last = Math.max(last, n.span.endTimeUnixNano());
      services.add(n.service);
      errors += n.span.statusCode() == ERROR ? 1 : 0;
    }
    out.println(
        "trace "
            + id
            + ": "
            + count(nodes.size(), "span")
            + ", "
            + count(services.size(), "service")
            + ", "
            + count(errors, "error")
            + ", "
            + GoDurationText.of(Math.max(0, last - first))
            + ", start "
            + Instant.ofEpochSecond(0, first));
    record Line(Node node, int depth) {}
    Deque<Line> open = new ArrayDeque<>();
    roots.reversed().forEach(n -> open.push(new Line(n, 0)));
    while (!open.isEmpty()) {
      Line l = open.pop();
      Node n = l.node;
      out.println(
          indent(l.depth)
              + n.title()
              + " "
              + GoDurationText.of(n.duration())
              + " at +"
              + GoDurationText.of(n.span.startTimeUnixNano() - first)
              + problem(n));
      n.children.reversed().forEach(c -> open.push(new Line(c, l.depth + 1)));
    }
  }

  private static String count(int n, String what) {
    return n + " " + what + (n == 1 ? "" : "s");
  }

  private static String indent(int depth) {
    return depth <= MAX_INDENT ? "  ".repeat(depth) : "  ".repeat(MAX_INDENT) + "[" + depth + "] ";
  }

  private static String problem(Node n) {
    if (n.span.statusCode() != ERROR) {
      return "";
    }
    String message = n.span.statusMessage();
    return " ERROR" + (message.isEmpty() ? "" : " " + TerminalText.printable(message));
  }

  // ---- difference of two traces

  /** Matching spans of two traces; null if a trace has none. */
  private record Pair(@Nullable Node left, @Nullable Node right, int depth) {}

  /**
   * Prints the spans of two traces side by side. Children of matched spans are matched by service,
   * name and kind in the order of their start.
   *
   * @return true if both traces have the same spans with the same status
   */
  static boolean printDifference(SpanTree left, SpanTree right, PrintStream out) {
    Deque<Pair> open = new ArrayDeque<>();
    push(left.roots, right.roots, 0, open);
    boolean same = true;
    while (!open.isEmpty()) {
      Pair p = open.pop();
      Node l = p.left;
      Node r = p.right;
      if (l != null && r != null) {
        boolean status = l.span.statusCode() == r.span.statusCode();
        same &= status;
        out.println(
            (status ? "  " : "! ")
                + indent(p.depth)
                + l.title()
                + " "
                + change(l.duration(), r.duration())
                + (status ? problem(l) : " status " + l.status() + " -> " + r.status()));
        push(l.children, r.children, p.depth + 1, open);
      } else {
        same = false;
        Node only = l != null ? l : java.util.Objects.requireNonNull(r);
        out.println(
            (l != null ? "- " : "+ ")
                + indent(p.depth)
                + only.title()
                + " "
                + GoDurationText.of(only.duration())
                + problem(only));
        push(
            l != null ? only.children : List.of(),
            l != null ? List.of() : only.children,
            p.depth + 1,
            open);
      }
    }
    return same;
  }

  private static void push(List<Node> left, List<Node> right, int depth, Deque<Pair> open) {
    Map<String, Deque<Node>> unmatched = new HashMap<>();
    right.forEach(n -> unmatched.computeIfAbsent(n.key(), k -> new ArrayDeque<>()).add(n));
    List<Pair> pairs = new ArrayList<>();
    Set<Node> matched = new HashSet<>();
    for (Node n : left) {
      Deque<Node> of = unmatched.get(n.key());
      Node other = of == null ? null : of.poll();
      if (other != null) {
        matched.add(other);
      }
      pairs.add(new Pair(n, other, depth));
    }
    right.stream()
        .filter(n -> !matched.contains(n))
        .forEach(n -> pairs.add(new Pair(null, n, depth)));
    pairs.reversed().forEach(open::push);
  }

  private static String change(long from, long to) {
    String s = GoDurationText.of(from) + " -> " + GoDurationText.of(to);
    return from == 0
        ? s
        : s + String.format(java.util.Locale.ROOT, " (%+.0f%%)", 100.0 * (to - from) / from);
  }
}
