package dev.tethys.codec.zipkin;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.codec.zipkin.ZipkinSpan.Annotation;
import dev.tethys.codec.zipkin.ZipkinSpan.Endpoint;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Spans of one trace as readers of Zipkin expect them. In Zipkin a server may have the span ID of
 * its client, and a span may be split into several parts. A server whose client has the same id is
 * marked as shared and has the parent of its client; spans of one id and endpoint become one. OTLP
 * has neither, so that this is determined when a trace is read. Not thread-safe.
 */
public final class ZipkinTrace {
  /** Start of the names that receivers and SDKs give to spans without a service. */
  private static final String NO_SERVICE = "unknown_service";

  private static final Comparator<ZipkinSpan> ORDER =
      Comparator.<ZipkinSpan, Boolean>comparing(s -> s.shared)
          .thenComparing(s -> s.local.service())
          .thenComparing(s -> s.local.ipv4())
          .thenComparing(s -> s.local.ipv6())
          .thenComparingInt(s -> s.local.port());

  private final String defaultService;
  private final OtlpToZipkin mapping;
  private final Map<Long, List<ZipkinSpan>> byId = new LinkedHashMap<>();
  private long traceHigh;

  /**
   * @param defaultService service of spans whose resource has none
   * @param text converts attribute values to text; lists and maps to JSON
   */
  public ZipkinTrace(String defaultService, Function<@Nullable Object, String> text) {
    this.defaultService = defaultService;
    mapping = new OtlpToZipkin("", text::apply);
  }

  /** Adds a span; one without an id is omitted, which Zipkin does not have. */
  public void add(Attributes resource, Scope scope, Span span) {
    ZipkinSpan s = mapping.span(resource, scope, span);
    if (s.check() != null) {
      return;
    }
    if (s.parent == s.id) {
      s.parent = 0;
    }
    traceHigh = s.traceHigh == 0 ? traceHigh : s.traceHigh;
    byId.computeIfAbsent(s.id, k -> new ArrayList<>(1)).add(s);
  }

  /**
   * Appends the spans as a list of JSON.
   *
   * @param written called after each span
   */
  public void json(TextBuffer to, Runnable written) {
    char before = '[';
    for (List<ZipkinSpan> pieces : byId.values()) {
      for (ZipkinSpan s : merged(pieces)) {
        s.traceHigh = traceHigh; // a sender of 64 bits knows half of the id
        Endpoint e = s.local;
        if (e.service().isEmpty() && !defaultService.isEmpty()) {
          s.local = new Endpoint(defaultService, e.ipv4(), e.ipv6(), e.port());
        }
        to.put(before);
        before = ',';
        ZipkinWriter.json(s, to);
        written.run();
      }
    }
    to.put(before == '[' ? "[]" : "]");
  }

  /** Spans of one ID, merged from their parts. */
  private static List<ZipkinSpan> merged(List<ZipkinSpan> pieces) {
    if (pieces.size() == 1) {
      return pieces;
    }
    ZipkinSpan client = null;
    for (ZipkinSpan s : pieces) {
      boolean better = client == null || client.parent == 0 && s.parent != 0;
      client = s.kind.equals("CLIENT") && better ? s : client;
    }
    for (ZipkinSpan s : pieces) {
      s.shared = client != null && s.kind.equals("SERVER");
    }
    List<ZipkinSpan> sorted = new ArrayList<>(pieces);
    sorted.sort(ORDER);
    List<ZipkinSpan> out = new ArrayList<>();
    ZipkinSpan last = null;
    List<ZipkinSpan> same = new ArrayList<>();
    Endpoint place = Endpoint.NONE;
    for (ZipkinSpan s : sorted) {
      Endpoint both = last != null && last.shared == s.shared ? both(place, s.local) : null;
      if (both == null) {
        add(same, place, out);
        same.clear();
        both = s.local;
      }
      place = both;
      same.add(s);
      last = s;
    }
    add(same, place, out);
    for (ZipkinSpan s : out) {
      if (s.shared && s.parent == 0 && client != null) {
        s.parent = client.parent;
      }
    }
    return out;
  }

  /** Merges two endpoints; null if they differ in a field. */
  private static @Nullable Endpoint both(Endpoint a, Endpoint b) {
    String service =
        a.service().startsWith(NO_SERVICE)
            ? b.service()
            : b.service().startsWith(NO_SERVICE) ? a.service() : one(a.service(), b.service());
    String ipv4 = one(a.ipv4(), b.ipv4());
    String ipv6 = one(a.ipv6(), b.ipv6());
    if (service == null
        || ipv4 == null
        || ipv6 == null
        || a.port() != 0 && b.port() != 0 && a.port() != b.port()) {
      return null;
    }
    return new Endpoint(service, ipv4, ipv6, Math.max(a.port(), b.port()));
  }

  private static @Nullable String one(String a, String b) {
    return a.isEmpty() || a.equals(b) ? b : b.isEmpty() ? a : null;
  }

  /** Adds the span of the parts; each field is that of the first part that has it. */
  private static void add(List<ZipkinSpan> pieces, Endpoint local, List<ZipkinSpan> to) {
    if (pieces.isEmpty()) {
      return;
    }
    ZipkinSpan out = pieces.getFirst();
    to.add(out);
    if (pieces.size() == 1) {
      return;
    }
    out.local = local;
    long end = out.timestamp + out.duration;
    Set<Annotation> annotations = new LinkedHashSet<>(out.annotations);
    for (ZipkinSpan s : pieces.subList(1, pieces.size())) {
      out.kind = out.kind.isEmpty() ? s.kind : out.kind;
      out.name = out.name.isEmpty() ? s.name : out.name;
      out.parent = out.parent == 0 ? s.parent : out.parent;
      Endpoint remote = both(out.remote, s.remote);
      out.remote = remote == null ? out.remote : remote;
      out.timestamp = out.timestamp == 0 ? s.timestamp : earlier(out.timestamp, s.timestamp);
      end = Math.max(end, s.timestamp + s.duration);
      annotations.addAll(s.annotations);
      s.tags.forEach(out.tags::putIfAbsent);
    }
    out.duration = Math.max(0, end - out.timestamp);
    out.annotations.clear();
    out.annotations.addAll(annotations);
    out.annotations.sort(Comparator.comparingLong(Annotation::time));
  }

  private static long earlier(long a, long b) {
    return b == 0 ? a : Math.min(a, b);
  }
}
