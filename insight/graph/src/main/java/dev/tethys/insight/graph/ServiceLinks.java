package dev.tethys.insight.graph;

import static dev.tethys.insight.graph.SpanCodes.CLIENT;
import static dev.tethys.insight.graph.SpanCodes.CONSUMER;
import static dev.tethys.insight.graph.SpanCodes.PRODUCER;
import static dev.tethys.insight.graph.SpanCodes.SERVER;

import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.TraceStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Calls between services, from the spans of a time range by Zipkin's rules. The name of a server
 * comes from its spans, or from the client if it has none. Messages create links only if both names
 * are known. A client without a name links to the nearest span with a kind above.
 */
public final class ServiceLinks {
  /** Most spans of a calculation; the newest are taken. */
  public static final int MAX_SPANS = 1_000_000;

  /** Header text of a result without the older spans. */
  public static final String WARNING =
      "dependencies are those of the newest " + MAX_SPANS + " spans of the range";

  /** Spans without a kind between two services. */
  private static final int MAX_DEPTH = 200;

  /** Names of the remote service, the best first. */
  public static final List<SpanField> REMOTE =
      List.of(
          SpanField.span("peer.service"),
          SpanField.span("server.address"),
          SpanField.span("net.peer.name"),
          SpanField.span("peer.hostname"),
          SpanField.span("peer.address"),
          SpanField.span("db.name"));

  private static final List<SpanField> FIELDS = fields();
  private static final int SERVICE = 0;
  private static final int KIND = 1;
  private static final int STATUS = 2;
  private static final int ERROR = 3;
  private static final int FIRST_REMOTE = 4;

  private final Map<String, Integer> codes = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private final List<Node> spans = new ArrayList<>();
  private boolean truncated;

  /** Calls from a service to another. */
  public record Link(String parent, String child) {}

  /** Number of calls of a link. */
  public static final class Count {
    public long calls;
    public long errors;
  }

  /**
   * Links in order of their names.
   *
   * @param truncated whether older spans were left out because of {@link #MAX_SPANS}
   */
  public record Links(Map<Link, Count> counts, boolean truncated) {}

  private static final class Node {
    final long traceHigh;
    final long traceLow;
    final long id;
    final long parentId;
    final byte kind;
    final boolean error;
    final int service;
    final int remote;
    @Nullable Node parent;
    boolean hasChildren;

    Node(
        long traceHigh,
        long traceLow,
        long id,
        long parentId,
        int kind,
        boolean error,
        int service,
        int remote) {
      this.traceHigh = traceHigh;
      this.traceLow = traceLow;
      this.id = id;
      this.parentId = parentId;
      this.kind = (byte) (kind < SERVER || kind > CONSUMER ? 0 : kind);
      this.error = error;
      this.service = service;
      this.remote = remote;
    }

    boolean isServerSide() {
      return kind == SERVER || kind == CONSUMER;
    }
  }

  private ServiceLinks() {}

  private static List<SpanField> fields() {
    List<SpanField> out = new ArrayList<>();
    out.add(SpanField.SERVICE);
    out.add(SpanField.intrinsic(SpanField.Scope.KIND));
    out.add(SpanField.intrinsic(SpanField.Scope.STATUS));
    out.add(SpanField.span("error"));
    out.addAll(REMOTE);
    return out;
  }

  /** Links of the spans that start in a range. */
  public static Links find(TraceStore store, Scope scope, long from, long to) {
    ServiceLinks links = new ServiceLinks();
    links.read(store, scope, from, to);
    Map<Link, Count> counts = links.link();
    return new Links(counts, links.truncated);
  }

  private void read(TraceStore store, Scope scope, long from, long to) {
    if (from >= to) {
      return;
    }
    SpanNeeds needs = new SpanNeeds(true, true, false, false, FIELDS);
    try (SpanSelection selection = store.select(scope, from, to)) {
      List<SpanSegment> segments = new ArrayList<>(selection.segments());
      segments.sort(Comparator.comparingLong(SpanSegment::lastTime).reversed());
      for (SpanSegment s : segments) {
        Cancellation.check();
        if (spans.size() >= MAX_SPANS) {
          truncated = true;
          return;
        }
        s.scan(SpanFilter.ALL, needs, this::add);
      }
    }
  }

  private void add(SpanRows rows) {
    for (int i = 0; i < rows.count; i++) {
      if (spans.size() >= MAX_SPANS) {
        truncated = true;
        return;
      }
      int kind = number(rows.columns[KIND], i);
      int remote = -1;
      // a server's attributes name itself, except for the peer
      int last = kind == SERVER || kind == CONSUMER ? FIRST_REMOTE + 1 : FIELDS.size();
      for (int c = FIRST_REMOTE; c < last && remote < 0; c++) {
        remote = name(rows.columns[c], i);
      }
      spans.add(
          new Node(
              rows.traceHigh[i],
              rows.traceLow[i],
              rows.spanId[i],
              rows.parentId[i],
              kind,
              number(rows.columns[STATUS], i) == SpanCodes.ERROR || isError(rows.columns[ERROR], i),
              name(rows.columns[SERVICE], i),
              remote));
    }
  }

  private static boolean isError(SpanColumn c, int row) {
    int at = c.offsets == null ? row : c.offsets[row];
    if (c.offsets != null && at == c.offsets[row + 1]) {
      return false;
    }
    return c.types[at] != SpanColumn.ABSENT
        && !(c.types[at] == SpanColumn.BOOL && c.bits[at] == 0)
        && !(c.types[at] == SpanColumn.STRING && c.strings[(int) c.bits[at]].equals("false"));
  }

  private static int number(SpanColumn c, int row) {
    return c.types[row] == SpanColumn.INT ? (int) c.bits[row] : 0;
  }

  /** Returns the code of a name; -1 if none. */
  private int name(SpanColumn c, int row) {
    int at = c.offsets == null ? row : c.offsets[row];
    if (c.offsets != null && at == c.offsets[row + 1] || c.types[at] != SpanColumn.STRING) {
      return -1;
    }
    String text = c.strings[(int) c.bits[at]];
    if (text.isEmpty() || text.startsWith("unknown_service")) {
      return -1; // the SDKs' name for none
    }
    Integer known = codes.get(text);
    if (known != null) {
      return known;
    }
    int code = names.size();
    codes.put(text, code);
    names.add(text);
    return code;
  }

  private Map<Link, Count> link() {
    spans.sort(Comparator.<Node>comparingLong(n -> n.traceHigh).thenComparingLong(n -> n.traceLow));
    Map<Link, Count> out = new LinkedHashMap<>();
    int from = 0;
    for (int i = 1; i <= spans.size(); i++) {
      Node first = spans.get(from);
      if (i == spans.size()
          || spans.get(i).traceHigh != first.traceHigh
          || spans.get(i).traceLow != first.traceLow) {
        Cancellation.check();
        trace(spans.subList(from, i), out);
        from = i;
      }
    }
    return out;
  }

  private void trace(List<Node> trace, Map<Link, Count> out) {
    Map<Long, Node> clients = new HashMap<>(); // and those without a kind
    Map<Long, Node> servers = new HashMap<>();
    for (Node n : trace) {
      (n.isServerSide() ? servers : clients).putIfAbsent(n.id, n);
    }
    for (Node n : trace) {
      // a server may share the span id of its client
      Node parent = n.isServerSide() ? clients.get(n.id) : null;
      if (parent == null && n.parentId != 0) {
        parent = servers.get(n.parentId);
        parent = parent == null ? clients.get(n.parentId) : parent;
      }
      if (parent != null && parent != n) {
        n.parent = parent;
        parent.hasChildren = true;
      }
    }
    for (Node n : trace) {
      link(n, out);
    }
  }

  private void link(Node n, Map<Link, Count> out) {
    if (n.kind == CLIENT && n.hasChildren) {
      return; // the server's name is better
    }
    int kind = n.kind;
    if (kind == 0) {
      if (n.service < 0 || n.remote < 0) {
        return;
      }
      kind = CLIENT;
    }
    boolean server = kind == SERVER || kind == CONSUMER;
    int child = server ? n.service : n.remote;
    int parent = server ? n.remote : n.service;
    if (server && n.parent == null && parent < 0) {
      return; // nothing is above the root
    }
    boolean error = n.error;
    if (kind != PRODUCER && kind != CONSUMER) {
      Node above = ancestor(n);
      if (above != null) {
        if (kind == CLIENT && n.service >= 0 && above.service >= 0 && above.service != n.service) {
          count(above.service, n.service, false, out); // a link without a span of the server
        }
        if (kind == SERVER || parent < 0) {
          parent = above.service;
        }
        error |= above.kind == CLIENT && n.parent == above && above.error;
      }
    }
    if (parent >= 0 && child >= 0) {
      count(parent, child, error, out);
    }
  }

  /** Returns the nearest ancestor span with a kind. */
  private static @Nullable Node ancestor(Node n) {
    Node up = n.parent;
    // senders choose ids, so that there may be circles
    for (int steps = 0; up != null && steps < MAX_DEPTH; steps++) {
      if (up.kind != 0) {
        return up;
      }
      up = up.parent;
    }
    return null;
  }

  private void count(int parent, int child, boolean error, Map<Link, Count> out) {
    Count c = out.computeIfAbsent(new Link(names.get(parent), names.get(child)), k -> new Count());
    c.calls++;
    c.errors += error ? 1 : 0;
  }
}
