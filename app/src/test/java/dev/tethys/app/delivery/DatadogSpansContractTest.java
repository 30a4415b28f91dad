package dev.tethys.app.delivery;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;

/**
 * Datadog's intake of the agent's traces ({@code AgentPayload}) by a double, whose requests
 * protobuf's own library takes apart, with what Datadog's agent is documented to make of OTLP.
 */
@Tag("contrib")
@Tag("slow")
class DatadogSpansContractTest extends RecordsContract {
  private static final int LONGEST_VALUE = 25_000;
  private static final int LONGEST_NAME = 200;
  private static final String[] KINDS = {
    "unspecified", "internal", "server", "client", "producer", "consumer"
  };

  @Override
  Set<Signal> signals() {
    return Set.of(Signal.TRACES);
  }

  @Override
  RecordPeer start(Signal signal) throws IOException {
    HttpIntake datadog =
        new HttpIntake(
            "/api/v0.2/traces",
            (x, body) -> {
              if (!DatadogContractTest.KEY.equals(x.getRequestHeaders().getFirst("DD-API-KEY"))) {
                return new HttpIntake.Reply(403, "{\"errors\":[\"Forbidden\"]}");
              }
              if (x.getRequestMethod().equals("GET")) {
                return new HttpIntake.Reply(200, "{\"valid\":true}");
              }
              try {
                payload(body, new FoundRecords());
                return new HttpIntake.Reply(body.length <= 3_200_000 ? 202 : 413, "{}");
              } catch (IOException | AssertionError e) {
                return new HttpIntake.Reply(400, "{\"errors\":[\"Bad Request\"]}");
              }
            });
    return new IntakePeer(datadog, "datadog") {
      @Override
      public String exporterKeys(int at) {
        return "hostname: here, api: {key: %s}, traces: {endpoint: 'http://127.0.0.1:%d'}, endpoint: 'http://127.0.0.1:%d'"
            .formatted(DatadogContractTest.KEY, at, at);
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return DatadogSpansContractTest.kept(item);
      }

      @Override
      void read(byte[] body, FoundRecords into) throws IOException {
        payload(body, into);
      }
    };
  }

  /** Text that was cut is compared by its length. */
  private static String value(String text) {
    return text.length() >= LONGEST_VALUE ? "cut to " + LONGEST_VALUE : KeptValues.normal(text);
  }

  private static void payload(byte[] body, FoundRecords into) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(body);
    for (int tag; (tag = in.readTag()) != 0; ) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 5 -> tracer(in.readByteArray(), into);
        case 7 -> in.readStringRequireUtf8();
        default -> throw new AssertionError("a field that no payload has here: " + tag);
      }
    }
  }

  private static void tracer(byte[] body, FoundRecords into) throws IOException {
    String host = "";
    CodedInputStream in = CodedInputStream.newInstance(body);
    for (int tag; (tag = in.readTag()) != 0; ) {
      if (WireFormat.getTagFieldNumber(tag) == 9) {
        host = in.readStringRequireUtf8();
      } else {
        in.skipField(tag);
      }
    }
    in = CodedInputStream.newInstance(body);
    for (int tag; (tag = in.readTag()) != 0; ) {
      if (WireFormat.getTagFieldNumber(tag) == 6) {
        CodedInputStream chunk = in.readBytes().newCodedInput();
        for (int t; (t = chunk.readTag()) != 0; ) {
          if (WireFormat.getTagFieldNumber(t) == 3) {
            span(chunk.readBytes().newCodedInput(), host, into);
          } else {
            chunk.skipField(t);
          }
        }
      } else {
        in.skipField(tag);
      }
    }
  }

  private static void span(CodedInputStream in, String host, FoundRecords into) throws IOException {
    Map<String, String> m = new TreeMap<>(Map.of("host", host));
    String id = "";
    for (int tag; (tag = in.readTag()) != 0; ) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> m.put("service", in.readStringRequireUtf8());
        case 2 -> m.put("operation", in.readStringRequireUtf8());
        case 3 -> m.put("resource", KeptValues.normal(in.readStringRequireUtf8()));
        case 4 -> m.put("trace", Long.toString(in.readInt64()));
        case 5 -> id = String.format("%016x", in.readInt64());
        case 6 -> m.put("parent", Long.toString(in.readInt64()));
        case 7 -> m.put("start", Long.toString(in.readInt64()));
        case 8 -> m.put("duration", Long.toString(in.readInt64()));
        case 9 -> m.put("error", Integer.toString(in.readInt32()));
        case 10 -> {
          CodedInputStream e = in.readBytes().newCodedInput();
          String key = "";
          String value = "";
          for (int t; (t = e.readTag()) != 0; ) {
            if (WireFormat.getTagFieldNumber(t) == 1) {
              key = e.readStringRequireUtf8();
            } else {
              value = e.readStringRequireUtf8();
            }
          }
          m.put("meta " + key, value(value));
        }
        case 11 -> {
          CodedInputStream e = in.readBytes().newCodedInput();
          String key = "";
          double value = 0;
          for (int t; (t = e.readTag()) != 0; ) {
            if (WireFormat.getTagFieldNumber(t) == 1) {
              key = e.readStringRequireUtf8();
            } else {
              value = e.readDouble();
            }
          }
          m.put("metric " + key, Double.toString(value));
        }
        case 12 -> m.put("type", in.readStringRequireUtf8());
        default -> throw new AssertionError("a field that nobody wrote: " + tag);
      }
    }
    into.add(id, m.toString());
  }

  private static void meta(Map<String, String> m, String key, String text) {
    if (!text.isEmpty()) {
      m.putIfAbsent("meta " + key.substring(0, Math.min(LONGEST_NAME, key.length())), value(text));
    }
  }

  private static void attribute(Map<String, String> m, KeyValue a) {
    AnyValue v = a.getValue();
    if (a.getKey().equals("service.name")) {
      return; // a separate field
    }
    if (v.hasIntValue() || (v.hasDoubleValue() && Double.isFinite(v.getDoubleValue()))) {
      double n = v.hasIntValue() ? (double) v.getIntValue() : v.getDoubleValue();
      m.putIfAbsent("metric " + a.getKey(), Double.toString(n));
    } else {
      meta(m, a.getKey(), KeptValues.text(v));
    }
  }

  private static String list(List<Map<String, String>> all) {
    return all.stream().map(KeptValues::object).collect(Collectors.joining(",", "[", "]"));
  }

  private static Map<String, String> object(List<KeyValue> attributes) {
    Map<String, String> m = new TreeMap<>();
    if (!attributes.isEmpty()) {
      m.put("attributes", KeptValues.json(attributes));
    }
    return m;
  }

  private static String kept(KnownRecords.Item item) {
    Span s = item.span();
    int kind = s.getKindValue();
    Map<String, String> m = new TreeMap<>();
    String service = KnownRecords.attribute(item.resource().getAttributesList(), "service.name");
    String host = KnownRecords.attribute(item.resource().getAttributesList(), "host.name");
    m.put("host", host.isEmpty() ? "here" : host);
    m.put(
        "service",
        service.isEmpty()
            ? "otlpresourcenoservicename"
            : service.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}_:./-]", "_"));
    m.put(
        "operation",
        switch (kind) {
          case 2, 3 -> KINDS[kind] + ".request";
          case 4, 5 -> KINDS[kind];
          default -> "internal";
        });
    m.put(
        "resource",
        KeptValues.normal(s.getName().substring(0, Math.min(5000, s.getName().length()))));
    m.put("type", kind == 2 ? "web" : kind == 3 ? "http" : "custom");
    ByteBuffer trace = s.getTraceId().asReadOnlyByteBuffer();
    m.put("trace", Long.toString(trace.getLong(8)));
    if (!s.getParentSpanId().isEmpty()) {
      m.put("parent", Long.toString(s.getParentSpanId().asReadOnlyByteBuffer().getLong()));
    }
    m.put("start", Long.toString(s.getStartTimeUnixNano()));
    m.put("duration", Long.toString(s.getEndTimeUnixNano() - s.getStartTimeUnixNano()));
    boolean failed = s.getStatus().getCodeValue() == 2;
    if (failed) {
      m.put("error", "1");
    }
    meta(m, "span.kind", KINDS[kind]);
    meta(m, "otel.trace_id", KnownRecords.hex(s.getTraceId()));
    meta(m, "_dd.p.tid", String.format("%016x", trace.getLong(0)));
    meta(m, "otel.status_code", failed ? "Error" : "Unset");
    meta(m, "otel.status_description", s.getStatus().getMessage());
    meta(m, "w3c.tracestate", s.getTraceState());
    for (String of : List.of("otel.scope", "otel.library")) {
      meta(m, of + ".name", item.scope().getName());
      meta(m, of + ".version", item.scope().getVersion());
    }
    s.getAttributesList().forEach(a -> attribute(m, a));
    item.scope().getAttributesList().forEach(a -> attribute(m, a));
    if (s.getEventsCount() > 0) {
      String events =
          list(
              s.getEventsList().stream()
                  .map(
                      e -> {
                        Map<String, String> o = object(e.getAttributesList());
                        o.put("name", KeptValues.quoted(e.getName()));
                        o.put("time_unix_nano", Long.toString(e.getTimeUnixNano()));
                        return o;
                      })
                  .toList());
      meta(m, "events", events);
    }
    if (s.getLinksCount() > 0) {
      meta(
          m,
          "_dd.span_links",
          list(
              s.getLinksList().stream()
                  .map(
                      l -> {
                        Map<String, String> o = object(l.getAttributesList());
                        o.put("trace_id", KeptValues.quoted(KnownRecords.hex(l.getTraceId())));
                        o.put("span_id", KeptValues.quoted(KnownRecords.hex(l.getSpanId())));
                        o.put("tracestate", KeptValues.quoted(l.getTraceState()));
                        return o;
                      })
                  .toList()));
    }
    if (failed) {
      meta(m, "error.msg", s.getStatus().getMessage());
    }
    item.resource().getAttributesList().forEach(a -> attribute(m, a));
    if (s.getParentSpanId().isEmpty() || kind == 2 || kind == 5) {
      m.put("metric _top_level", "1.0");
    }
    return m.toString();
  }
}
