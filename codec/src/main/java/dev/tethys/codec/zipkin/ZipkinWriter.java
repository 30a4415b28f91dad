package dev.tethys.codec.zipkin;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.codec.zipkin.ZipkinSpan.Annotation;
import dev.tethys.codec.zipkin.ZipkinSpan.Endpoint;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes spans of version 2, each on its own: a JSON object on one line, or one element of {@code
 * zipkin.proto3.ListOfSpans}. Not thread-safe.
 *
 * <p>Sources: zipkin-api's {@code zipkin2-api.yaml} and {@code zipkin.proto}.
 */
public final class ZipkinWriter {
  private final OtlpToZipkin mapping;
  private final ProtoWriter proto = new ProtoWriter();

  /**
   * @param defaultService service of spans whose resource has none
   * @param text converts attribute values to text; lists and maps to JSON
   */
  public ZipkinWriter(String defaultService, Function<@Nullable Object, String> text) {
    mapping = new OtlpToZipkin(defaultService, text::apply);
  }

  /**
   * Appends a span as a line of JSON with its line feed.
   *
   * @return null, or the problem of the span, which is then not written
   */
  public @Nullable String json(Attributes resource, Scope scope, Span span, TextBuffer to) {
    ZipkinSpan s = mapping.span(resource, scope, span);
    String problem = problem(s);
    if (problem != null) {
      return problem;
    }
    json(s, to);
    to.put('\n');
    return null;
  }

  /** Appends an object of JSON. */
  static void json(ZipkinSpan s, TextBuffer to) {
    to.put("{\"traceId\":\"");
    if (s.traceHigh != 0) {
      hex(s.traceHigh, to);
    }
    hex(s.traceLow, to);
    to.put('"');
    if (s.parent != 0) {
      to.put(",\"parentId\":\"");
      hex(s.parent, to);
      to.put('"');
    }
    to.put(",\"id\":\"");
    hex(s.id, to);
    to.put('"');
    text(",\"kind\":", s.kind, to);
    text(",\"name\":", s.name, to);
    number(",\"timestamp\":", s.timestamp, to);
    number(",\"duration\":", s.duration, to);
    endpoint(",\"localEndpoint\":{", s.local, to);
    endpoint(",\"remoteEndpoint\":{", s.remote, to);
    if (!s.annotations.isEmpty()) {
      char before = '[';
      to.put(",\"annotations\":");
      for (Annotation a : s.annotations) {
        to.put(before).put("{\"timestamp\":").number(a.time());
        to.put(",\"value\":").json(a.value()).put('}');
        before = ',';
      }
      to.put(']');
    }
    if (!s.tags.isEmpty()) {
      char before = '{';
      to.put(",\"tags\":");
      for (Map.Entry<String, String> t : s.tags.entrySet()) {
        to.put(before).json(t.getKey()).put(':').json(t.getValue());
        before = ',';
      }
      to.put('}');
    }
    if (s.shared) {
      to.put(",\"shared\":true");
    }
    to.put('}');
  }

  /** Returns a short reason why Zipkin would reject the span. */
  private static @Nullable String problem(ZipkinSpan s) {
    return s.check() == null ? null : "no_id";
  }

  private static void hex(long v, TextBuffer to) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      to.put(Character.forDigit((int) (v >>> shift) & 15, 16));
    }
  }

  private static void text(String key, String value, TextBuffer to) {
    if (!value.isEmpty()) {
      to.put(key).json(value);
    }
  }

  private static void number(String key, long value, TextBuffer to) {
    if (value != 0) {
      to.put(key).number(value);
    }
  }

  private static void endpoint(String key, Endpoint e, TextBuffer to) {
    if (e.equals(Endpoint.NONE)) {
      return;
    }
    to.put(key);
    int begun = to.size();
    text(",\"serviceName\":", e.service(), to);
    text(",\"ipv4\":", e.ipv4(), to);
    text(",\"ipv6\":", e.ipv6(), to);
    number(",\"port\":", e.port(), to);
    to.remove(begun, 1); // the first comma
    to.put('}');
  }

  /**
   * Appends a span as field 1 of a list of spans.
   *
   * @return null, or the problem of the span, which is then not written
   */
  public @Nullable String protobuf(Attributes resource, Scope scope, Span span, TextBuffer to) {
    ZipkinSpan s = mapping.span(resource, scope, span);
    String problem = problem(s);
    if (problem != null) {
      return problem;
    }
    ProtoWriter w = proto.clear();
    int m = w.begin(1);
    w.bytes(1, s.traceHigh == 0 ? bytes(s.traceLow) : bytes(s.traceHigh, s.traceLow));
    if (s.parent != 0) {
      w.bytes(2, bytes(s.parent));
    }
    w.bytes(3, bytes(s.id));
    w.int64Unless0(4, ZipkinReader.kind(s.kind));
    w.stringUnlessEmpty(5, s.name);
    if (s.timestamp != 0) {
      w.fixed64(6, s.timestamp);
    }
    w.int64Unless0(7, s.duration);
    endpoint(8, s.local);
    endpoint(9, s.remote);
    for (Annotation a : s.annotations) {
      int n = w.begin(10);
      w.fixed64(1, a.time()).stringUnlessEmpty(2, a.value()).end(n);
    }
    s.tags.forEach((k, v) -> w.end(entry(w, k, v)));
    w.end(m);
    to.put(w.buffer(), 0, w.size());
    return null;
  }

  private static int entry(ProtoWriter w, String key, String value) {
    int n = w.begin(11);
    w.string(1, key).string(2, value);
    return n;
  }

  private static byte[] bytes(long... words) {
    java.nio.ByteBuffer b = java.nio.ByteBuffer.allocate(8 * words.length);
    for (long v : words) {
      b.putLong(v);
    }
    return b.array();
  }

  private void endpoint(int field, Endpoint e) {
    if (e.equals(Endpoint.NONE)) {
      return;
    }
    int m = proto.begin(field);
    proto.stringUnlessEmpty(1, e.service());
    if (!e.ipv4().isEmpty()) {
      proto.bytes(2, OtlpToZipkin.literal(e.ipv4()));
    }
    if (!e.ipv6().isEmpty()) {
      proto.bytes(3, OtlpToZipkin.literal(e.ipv6()));
    }
    proto.int64Unless0(4, e.port()).end(m);
  }
}
