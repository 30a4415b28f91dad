package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.json.ProtoJson.IntegerType;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.TracesData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Converts traces of Datadog's tracers and agents to spans, by the Collector's rules. Each service
 * is a resource; {@code meta} and {@code metrics} are attributes under OpenTelemetry's names where
 * such names exist. The upper half of a trace id, in the first span of a chunk ({@code _dd.p.tid}),
 * applies to all spans of the chunk. Source: pkg/proto/datadog/trace of DataDog/datadog-agent.
 *
 * <p>MessagePack and JSON arrive as values. Version 0.5 has a string table and spans as lists,
 * which are converted to the form of the other versions.
 */
public final class TraceReader {
  /** Fields of a span of version 0.5. */
  private static final String[] PLACES = {
    "service",
    "name",
    "resource",
    "trace_id",
    "span_id",
    "parent_id",
    "start",
    "duration",
    "error",
    "meta",
    "metrics",
    "type"
  };

  private static final int LENGTH = ProtoReader.LENGTH;

  /** Tracers write all 16 digits; shorter ids are equivalent. */
  private static final Pattern UPPER_HALF = Pattern.compile("[0-9a-fA-F]{1,16}");

  /** Tag in which tracers write span links that their payload version has no field for. */
  private static final String LINKS = "_dd.span_links";

  private final TracesData out = new TracesData();
  private final RejectedItems refusals = new RejectedItems();
  private final TraceIdUpperHalves halves;

  /** Number of spans read, rejected ones included. */
  private int met;

  /**
   * Creates a reader for one request.
   *
   * @param halves upper halves of IDs from earlier requests
   */
  public TraceReader(TraceIdUpperHalves halves) {
    this.halves = halves;
  }

  /** Spans that could be read. */
  public TracesData traces() {
    return out;
  }

  /** Returns the rejected items: unreadable spans, and traces that are not lists of spans. */
  public RejectedItems refusals() {
    return refusals;
  }

  private void refuse(@Nullable Object item, String reason) {
    String name =
        item instanceof Attributes a
            ? word(a, "service") + "/" + word(a, "name")
            : ProtoJson.shown(item);
    refusals.add(++met, name, reason);
  }

  /**
   * Versions 0.3 and 0.4: a list of traces, which are lists of spans.
   *
   * @param sender metadata of the tracer: {@code language_name}, {@code tracer_version}, {@code
   *     container_id} …
   */
  public void traces(@Nullable Object payload, Attributes sender) {
    Map<String, ScopeGroup<Span>> services = new LinkedHashMap<>();
    Attributes shared = shared(sender);
    for (Object trace : list(payload, "a list of traces")) {
      chunk(trace, shared, services, sender);
    }
  }

  /** Reads version 0.5: a string table, and traces whose spans are lists. */
  public void tabled(@Nullable Object payload, Attributes sender) {
    Object[] both = list(payload, "a table and traces");
    if (both.length != 2) {
      throw new CodecException("traces of version 0.5 are a list of two, not of " + both.length);
    }
    Object[] table = list(both[0], "a table of text");
    ArrayValue traces = new ArrayValue();
    for (Object trace : list(both[1], "a list of traces")) {
      if (!(trace instanceof ArrayValue listed)) {
        traces.add(trace); // refused with the others below
        continue;
      }
      ArrayValue spans = new ArrayValue();
      for (Object span : list(listed, "a list of spans")) {
        try {
          spans.add(spread(list(span, "a span as a list"), table));
        } catch (CodecException e) {
          refuse(span, String.valueOf(e.getMessage()));
        }
      }
      traces.add(spans);
    }
    traces(traces, sender);
  }

  private static Attributes spread(Object[] span, Object[] table) {
    if (span.length != PLACES.length) {
      throw new CodecException("a span of " + span.length + " fields, of 12");
    }
    Attributes a = new Attributes();
    for (int i = 0; i < PLACES.length; i++) {
      switch (PLACES[i]) {
        case "service", "name", "resource", "type" -> a.add(PLACES[i], text(span[i], table));
        case "meta", "metrics" -> {
          Attributes m = new Attributes();
          boolean texts = PLACES[i].equals("meta");
          map(span[i]).forEach((k, v) -> m.add(text(number(k), table), texts ? text(v, table) : v));
          a.add(PLACES[i], m);
        }
        default -> a.add(PLACES[i], span[i]);
      }
    }
    return a;
  }

  private static Long number(String key) {
    try {
      return Long.valueOf(key);
    } catch (NumberFormatException e) {
      throw new CodecException("invalid table index: " + key, e);
    }
  }

  private static String text(@Nullable Object index, Object[] table) {
    if (!(index instanceof Long i) || i < 0 || i >= table.length) {
      throw new CodecException("invalid index of a table of " + table.length + ": " + index);
    }
    return String.valueOf(table[i.intValue()]);
  }

  /** Reads version 0.7, {@code TracerPayload}: chunks, and metadata of the tracer. */
  public void payload(@Nullable Object payload, Attributes sender) {
    Attributes p = map(payload);
    Attributes known = sender.copy();
    for (String key :
        new String[] {
          "container_id",
          "language_name",
          "language_version",
          "tracer_version",
          "env",
          "hostname",
          "app_version",
          "tags"
        }) {
      Object v = p.get(key);
      if (v != null && !v.equals("")) {
        known.put(key, v);
      }
    }
    Map<String, ScopeGroup<Span>> services = new LinkedHashMap<>();
    Attributes shared = shared(known);
    for (Object chunk : list(p.get("chunks"), "a list of chunks")) {
      if (chunk instanceof Attributes c) {
        chunk(c.get("spans"), shared, services, known);
      } else {
        refuse(chunk, "a chunk must be a map with spans");
      }
    }
  }

  /** Reads an {@code AgentPayload}: tracer payloads forwarded by an agent as protobuf. */
  public void agent(byte[] message, Attributes sender) {
    ProtoReader r = new ProtoReader(message);
    Attributes agent = sender.copy();
    ArrayValue payloads = new ArrayValue();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> agent.put("hostname", r.readString());
        case 2 << 3 | LENGTH -> agent.put("env", r.readString());
        case 5 << 3 | LENGTH -> payloads.add(TraceMessages.payload(r));
        default -> r.skip();
      }
    }
    for (int i = 0; i < payloads.size(); i++) {
      payload(payloads.get(i), agent);
    }
  }

  private static Attributes shared(Attributes sender) {
    Attributes a = new Attributes();
    String[][] names = {
      {"container_id", "container.id"},
      {"language_name", "telemetry.sdk.language"},
      {"language_version", "process.runtime.version"},
      {"env", "deployment.environment"},
      {"hostname", "host.name"},
      {"app_version", "service.version"}
    };
    for (String[] n : names) {
      String v = sender.getString(n[0]);
      if (v != null && !v.isEmpty()) {
        a.put(n[1], n[0].equals("language_name") && v.equals(".NET") ? "dotnet" : v);
      }
    }
    a.put("telemetry.sdk.name", "Datadog");
    String version = sender.getString("tracer_version");
    if (version != null && !version.isEmpty()) {
      a.put("telemetry.sdk.version", "Datadog-" + version);
    }
    if (sender.get("tags") instanceof Attributes tags) {
      tags.forEach((k, v) -> a.put(DatadogTags.named(k), v));
    }
    return a;
  }

  /** Spans of a trace; unreadable spans are rejected and the others are kept. */
  private void chunk(
      @Nullable Object chunk,
      Attributes shared,
      Map<String, ScopeGroup<Span>> services,
      Attributes sender) {
    if (chunk != null && !(chunk instanceof ArrayValue)) {
      refuse(chunk, "a trace must be a list of spans");
      return;
    }
    Object[] spans = list(chunk, "a list of spans");
    List<Attributes> good = new ArrayList<>(spans.length);
    Long upperId = null;
    for (Object o : spans) {
      try {
        Attributes s = map(o);
        Long upper = upper(s);
        whole(s, "trace_id");
        upperId = upperId == null ? upper : upperId;
        good.add(s);
      } catch (CodecException e) {
        refuse(o, String.valueOf(e.getMessage()));
      }
    }
    long high = good.isEmpty() ? 0 : halves.of(whole(good.getFirst(), "trace_id"), upperId);
    for (Attributes s : good) {
      Span span;
      try {
        span = span(s, high);
      } catch (CodecException e) {
        refuse(s, String.valueOf(e.getMessage()));
        continue;
      }
      met++;
      Object version = s.get("meta") instanceof Attributes m ? m.get("version") : null;
      services
          .computeIfAbsent(word(s, "service"), x -> group(x, shared, version, sender))
          .items()
          .add(span);
    }
  }

  /** Returns the upper half of the trace ID named by a span; null if none. */
  private static @Nullable Long upper(Attributes span) {
    Object upperId = span.get("meta") instanceof Attributes meta ? meta.get("_dd.p.tid") : null;
    if (upperId == null) {
      return null;
    }
    String digits = upperId.toString();
    if (!UPPER_HALF.matcher(digits).matches()) {
      throw new CodecException(
          "meta._dd.p.tid is " + ProtoJson.shown(digits) + "; it must be 16 hexadecimal digits");
    }
    return Long.parseUnsignedLong(digits, 16);
  }

  private ScopeGroup<Span> group(
      String service, Attributes shared, @Nullable Object version, Attributes sender) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().putAll(shared);
    r.resource().attributes().put("service.name", service);
    if (version != null && !shared.contains("service.version")) {
      r.resource().attributes().put("service.version", version);
    }
    ScopeGroup<Span> g = new ScopeGroup<>();
    g.scope().setName("Datadog");
    String tracer = sender.getString("tracer_version");
    g.scope().setVersion(tracer == null ? "" : tracer);
    r.scopes().add(g);
    out.resources().add(r);
    return g;
  }

  private static Span span(Attributes s, long high) {
    RequestMemory.chargeItem();
    Span span = new Span();
    long trace = whole(s, "trace_id");
    long id = whole(s, "span_id");
    long start = whole(s, "start");
    span.setTraceId(high, trace);
    span.setSpanId(id);
    span.setParentSpanId(whole(s, "parent_id"));
    span.setName(word(s, "name"));
    span.setStartTimeUnixNano(start);
    span.setEndTimeUnixNano(start + whole(s, "duration"));
    Attributes a = span.attributes();
    a.put("dd.span.Resource", word(s, "resource"));
    a.put("datadog.span.id", Long.toUnsignedString(id));
    a.put("datadog.trace.id", Long.toUnsignedString(trace));
    Attributes meta = s.get("meta") instanceof Attributes m ? m : new Attributes();
    meta.forEach(
        (k, v) -> {
          if (!k.equals(LINKS) || !links(span, v)) {
            a.put(DatadogTags.named(k), v == null ? "" : v.toString());
          }
        });
    if (s.get("metrics") instanceof Attributes metrics) {
      Object priority = metrics.get("_sampling_priority_v1");
      if (priority instanceof Number n) {
        a.put("sampling.priority", String.format(Locale.ROOT, "%f", n.doubleValue()));
      }
      metrics.forEach(
          (k, v) -> a.put(DatadogTags.named(k), v instanceof Number n ? n.doubleValue() : v));
    }
    if (whole(s, "error") != 0) {
      span.setStatusCode(2);
      String reason = meta.getString("error.message");
      reason = reason == null ? meta.getString("error.msg") : reason;
      span.setStatusMessage(reason == null ? "" : reason);
    }
    span.setKind(kind(String.valueOf(meta.get("span.kind")), word(s, "type")));
    if (s.get("span_links") instanceof ArrayValue links) {
      for (int i = 0; i < links.size(); i++) {
        span.links().add(link(map(links.get(i))));
      }
    }
    return span;
  }

  /**
   * Adds links that a tracer wrote as JSON among the strings of a span.
   *
   * @return whether they are such
   */
  private static boolean links(Span span, @Nullable Object json) {
    List<SpanLink> all = new ArrayList<>();
    try {
      if (!(json instanceof String s) || !(JsonValues.read(s) instanceof ArrayValue links)) {
        return false;
      }
      for (int i = 0; i < links.size(); i++) {
        Attributes from = map(links.get(i));
        String trace = word(from, "trace_id");
        int middle = Math.max(0, trace.length() - 16);
        SpanLink l = new SpanLink();
        l.setTraceId(hexadecimal(trace.substring(0, middle)), hexadecimal(trace.substring(middle)));
        l.setSpanId(hexadecimal(word(from, "span_id")));
        more(l, from);
        all.add(l);
      }
    } catch (CodecException | NumberFormatException e) {
      return false; // it is kept as received
    }
    span.links().addAll(all);
    return true;
  }

  private static long hexadecimal(String digits) {
    return digits.isEmpty() ? 0 : Long.parseUnsignedLong(digits, 16);
  }

  private static SpanLink link(Attributes from) {
    SpanLink l = new SpanLink();
    l.setTraceId(whole(from, "trace_id_high"), whole(from, "trace_id"));
    l.setSpanId(whole(from, "span_id"));
    more(l, from);
    return l;
  }

  private static void more(SpanLink l, Attributes from) {
    l.setTraceState(word(from, "tracestate"));
    l.setFlags((int) whole(from, "flags"));
    if (from.get("attributes") instanceof Attributes a) {
      l.attributes().putAll(a);
    }
  }

  private static int kind(String kind, String type) {
    return switch (kind) {
      case "internal" -> 1;
      case "server" -> 2;
      case "client" -> 3;
      case "producer" -> 4;
      case "consumer" -> 5;
      default -> type.equals("web") ? 2 : type.equals("http") ? 3 : 0;
    };
  }

  private static long whole(Attributes a, String key) {
    return switch (a.get(key)) {
      case null -> 0;
      case Long l -> l;
      case Object o -> {
        try {
          // Ids have no sign; some senders write the upper half of them as negative numbers.
          String digits = o.toString();
          yield ProtoJson.integer(
              digits, digits.startsWith("-") ? IntegerType.INT64 : IntegerType.UINT64);
        } catch (CodecException e) {
          throw new CodecException(key + " is " + ProtoJson.shown(o) + "; " + e.getMessage(), e);
        }
      }
    };
  }

  private static String word(Attributes a, String key) {
    Object v = a.get(key);
    return v == null ? "" : v.toString();
  }

  private static Attributes map(@Nullable Object o) {
    if (o instanceof Attributes a) {
      return a;
    }
    throw new CodecException("a span must be a map, not " + ProtoJson.shown(o));
  }

  private static Object[] list(@Nullable Object o, String what) {
    if (o == null) {
      return new Object[0];
    }
    if (!(o instanceof ArrayValue a)) {
      throw new CodecException("traces: " + what + " expected, not " + ProtoJson.shown(o));
    }
    Object[] all = new Object[a.size()];
    for (int i = 0; i < all.length; i++) {
      Object v = a.get(i);
      all[i] = v == null ? "" : v;
    }
    return all;
  }
}
