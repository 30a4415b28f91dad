package dev.tethys.app.delivery;

import com.sun.net.httpserver.HttpExchange;
import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import zipkin2.codec.SpanBytesDecoder;

/** Zipkin's collector of spans by a double that reads them with Zipkin's own library. */
@Tag("slow")
class ZipkinRecordsContractTest extends RecordsContract {
  /** What it is called that has no name. */
  private static final String NOBODY = "nobody";

  @Override
  Set<Signal> signals() {
    return Set.of(Signal.TRACES);
  }

  static HttpIntake.Reply judge(HttpExchange x, byte[] body) {
    if (!"application/x-protobuf".equals(x.getRequestHeaders().getFirst("Content-Type"))) {
      return new HttpIntake.Reply(415, "");
    }
    try {
      SpanBytesDecoder.PROTO3.decodeList(body);
    } catch (IllegalArgumentException e) {
      return new HttpIntake.Reply(400, String.valueOf(e.getMessage()));
    }
    return new HttpIntake.Reply(202, "");
  }

  @Override
  RecordPeer start(Signal signal) throws IOException {
    HttpIntake zipkin = new HttpIntake("/api/v2/spans", ZipkinRecordsContractTest::judge);
    return new IntakePeer(zipkin, "zipkin") {
      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:"
            + at
            + "', format: proto, default_service_name: "
            + NOBODY;
      }

      /** Its storage is Elasticsearch, in which indices are read-only. */
      @Override
      HttpIntake.Reply fullDisk() {
        return new HttpIntake.Reply(
            500,
            "{\"error\":\"Internal Server Error\",\"message\":\"disk usage exceeded flood-stage watermark\"}");
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return ZipkinRecordsContractTest.kept(item);
      }

      @Override
      void read(byte[] body, FoundRecords into) {
        SpanBytesDecoder.PROTO3.decodeList(body).forEach(s -> found(s, into));
      }
    };
  }

  static void found(zipkin2.Span s, FoundRecords into) {
    Map<String, String> m = new TreeMap<>();
    m.put("trace", s.traceId());
    m.put("parent", s.parentId() == null ? "" : s.parentId());
    m.put("name", s.name() == null ? "" : s.name());
    m.put("kind", s.kind() == null ? "" : s.kind().name());
    m.put("start", Long.toString(s.timestampAsLong()));
    m.put("duration", Long.toString(s.durationAsLong()));
    m.put("service", s.localServiceName() == null ? "" : s.localServiceName());
    m.put(
        "events",
        s.annotations().stream()
            .map(a -> a.timestamp() + "=" + KeptValues.normal(a.value()))
            .collect(Collectors.joining(",")));
    s.tags()
        .forEach(
            (k, v) ->
                m.put("tag " + k, k.startsWith("otlp.link.") ? link(v) : KeptValues.normal(v)));
    into.add(s.id(), m.toString());
  }

  /** Its attributes, the fourth of five parts, in their normal form. */
  private static String link(String v) {
    int from = v.indexOf('{');
    int to = v.lastIndexOf('|');
    return v.substring(0, from) + KeptValues.normal(v.substring(from, to)) + v.substring(to);
  }

  private static String kept(KnownRecords.Item item) {
    Span s = item.span();
    Map<String, String> m = new TreeMap<>();
    m.put("trace", KnownRecords.hex(s.getTraceId()));
    m.put("parent", KnownRecords.hex(s.getParentSpanId()));
    m.put("name", s.getName().toLowerCase(Locale.ROOT)); // as Zipkin's library has it
    m.put(
        "kind",
        switch (s.getKind()) {
          case SPAN_KIND_SERVER -> "SERVER";
          case SPAN_KIND_CLIENT -> "CLIENT";
          case SPAN_KIND_PRODUCER -> "PRODUCER";
          case SPAN_KIND_CONSUMER -> "CONSUMER";
          default -> "";
        });
    m.put("start", Long.toString(s.getStartTimeUnixNano() / 1000));
    m.put("duration", Long.toString((s.getEndTimeUnixNano() - s.getStartTimeUnixNano()) / 1000));
    Map<String, String> tags = KeptValues.both(item, s.getAttributesList());
    String service = tags.remove("service.name");
    m.put("service", service == null ? NOBODY : service.toLowerCase(Locale.ROOT));
    m.put(
        "events",
        s.getEventsList().stream()
            .filter(e -> !e.getName().isEmpty()) // nor annotations of nothing
            .map(ZipkinRecordsContractTest::event)
            .collect(Collectors.joining(",")));
    if (s.getKind() == Span.SpanKind.SPAN_KIND_INTERNAL) {
      tags.put("span.kind", "internal");
    }
    if (s.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR) {
      tags.put("otel.status_code", "ERROR");
      String reason = s.getStatus().getMessage();
      tags.put("error", reason.isEmpty() ? "true" : reason);
      if (!reason.isEmpty()) {
        tags.put("otel.status_description", reason);
      }
    }
    if (!item.scope().getName().isEmpty()) {
      tags.put("otel.scope.name", item.scope().getName());
      tags.put("otel.scope.version", item.scope().getVersion());
    }
    if (!s.getTraceState().isEmpty()) {
      tags.put("w3c.tracestate", s.getTraceState());
    }
    List<Span.Link> links = s.getLinksList();
    for (int i = 0; i < links.size(); i++) {
      Span.Link l = links.get(i);
      tags.put(
          "otlp.link." + i,
          KnownRecords.hex(l.getTraceId())
              + "|"
              + KnownRecords.hex(l.getSpanId())
              + "|"
              + l.getTraceState()
              + "|"
              + KeptValues.json(l.getAttributesList())
              + "|0");
    }
    tags.remove(""); // Zipkin takes none without a name
    tags.forEach((k, v) -> m.put("tag " + k, v));
    return m.toString();
  }

  private static String event(Span.Event e) {
    String name = e.getName();
    return e.getTimeUnixNano() / 1000
        + "="
        + KeptValues.normal(
            e.getAttributesCount() == 0
                ? name
                : "{" + "\"" + name + "\":" + KeptValues.json(e.getAttributesList()) + "}");
  }
}
