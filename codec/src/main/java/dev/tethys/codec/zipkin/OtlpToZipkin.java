package dev.tethys.codec.zipkin;

import dev.tethys.codec.zipkin.ZipkinSpan.Annotation;
import dev.tethys.codec.zipkin.ZipkinSpan.Endpoint;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * OTLP's spans as Zipkin's, by OpenTelemetry's page "OpenTelemetry to Zipkin Transformation";
 * {@link ZipkinToOtlp} is the way back. Zipkin has no links, no types of values and no resources:
 * links are tags {@code otlp.link.N} as the Collector writes them, values are text, attributes of a
 * resource are tags. Times are cut to microseconds; a span shorter than one has one.
 */
final class OtlpToZipkin {
  /** Converts the value of an attribute to text, and a list of attributes to JSON. */
  interface Values {
    String text(@Nullable Object value);
  }

  private static final String SERVICE = "service.name";
  private static final String[] KINDS = {"", "", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"};
  private static final int INTERNAL = 1;
  private static final int STATUS_OK = 1;
  private static final int STATUS_ERROR = 2;

  private static final List<String> LOCAL_IP =
      List.of("net.host.ip", "network.local.address", "net.sock.host.addr");
  private static final List<String> LOCAL_PORT =
      List.of("net.host.port", "network.local.port", "net.sock.host.port");
  private static final List<String> REMOTE_IP =
      List.of("net.peer.ip", "network.peer.address", "net.sock.peer.addr");
  private static final List<String> REMOTE_PORT =
      List.of("net.peer.port", "network.peer.port", "net.sock.peer.port");

  /** Names of the other side of a call, the best first. */
  private static final List<String> REMOTE_NAME =
      List.of(
          "server.address",
          "net.peer.name",
          "server.socket.domain",
          "net.sock.peer.name",
          "peer.hostname",
          "peer.address",
          "db.name");

  private static final String PEER_SERVICE = "peer.service";

  /** Attributes stored only in the endpoints, from which {@link ZipkinToOtlp} restores them. */
  private static final Set<String> ENDPOINTS =
      Set.of("net.host.ip", "net.host.port", "net.peer.ip", "net.peer.port", PEER_SERVICE);

  private final String defaultService;
  private final Values values;

  OtlpToZipkin(String defaultService, Values values) {
    this.defaultService = defaultService;
    this.values = values;
  }

  ZipkinSpan span(Attributes resource, Scope scope, Span from) {
    ZipkinSpan s = new ZipkinSpan();
    s.traceHigh = from.traceIdHigh();
    s.traceLow = from.traceIdLow();
    s.id = from.spanId();
    s.parent = from.parentSpanId();
    s.name = from.name();
    s.kind = from.kind() > 0 && from.kind() < KINDS.length ? KINDS[from.kind()] : "";
    s.timestamp = Long.divideUnsigned(from.startTimeUnixNano(), 1000);
    long nanos = from.endTimeUnixNano() - from.startTimeUnixNano();
    s.duration = from.endTimeUnixNano() == 0 || nanos < 0 ? 0 : Math.max(1, nanos / 1000);

    Attributes own = from.attributes();
    String service = values.text(resource.get(SERVICE));
    s.local =
        endpoint(service.isEmpty() ? defaultService : service, own, LOCAL_IP, LOCAL_PORT, s.local);
    s.remote = endpoint(remoteName(own, s.kind), own, REMOTE_IP, REMOTE_PORT, s.remote);

    resource.forEach(
        (k, v) -> {
          if (!k.equals(SERVICE)) {
            s.tags.put(k, values.text(v));
          }
        });
    own.forEach(
        (k, v) -> {
          String text = values.text(v);
          if (ENDPOINTS.contains(k) && isIn(s, k, text)) {
            return;
          }
          String was = s.tags.put(k, text);
          if (was != null && !was.equals(text) && resource.contains(k)) {
            s.tags.put("resource." + k, was);
          }
        });
    if (!scope.name().isEmpty()) {
      s.tags.put("otel.scope.name", scope.name());
    }
    if (!scope.version().isEmpty()) {
      s.tags.put("otel.scope.version", scope.version());
    }
    if (from.kind() == INTERNAL) {
      s.tags.put("span.kind", "internal");
    }
    status(from, s);
    rest(from, s);
    return s;
  }

  private void status(Span from, ZipkinSpan s) {
    switch (from.statusCode()) {
      case STATUS_OK -> s.tags.put("otel.status_code", "OK");
      case STATUS_ERROR -> {
        s.tags.put("otel.status_code", "ERROR");
        String reason = from.statusMessage();
        if (!reason.isEmpty()) {
          s.tags.put("otel.status_description", reason);
        }
        // Zipkin colours a span by this tag's being there.
        s.tags.putIfAbsent("error", reason.isEmpty() ? "true" : reason);
      }
      default -> {
        // unset: no tag
      }
    }
  }

  private void rest(Span from, ZipkinSpan s) {
    if (!from.traceState().isEmpty()) {
      s.tags.put("w3c.tracestate", from.traceState());
    }
    if (from.hasEvents()) {
      for (SpanEvent e : from.events()) {
        String name = e.name();
        String value = e.attributes().isEmpty() ? name : values.text(nested(name, e.attributes()));
        s.annotations.add(
            new Annotation(
                Long.divideUnsigned(e.timeUnixNano(), 1000), value, ZipkinSpan.Endpoint.NONE));
      }
    }
    if (from.hasLinks()) {
      int n = 0;
      for (SpanLink l : from.links()) {
        s.tags.put(
            "otlp.link." + n++,
            String.format(
                "%016x%016x|%016x|%s|%s|%d",
                l.traceIdHigh(),
                l.traceIdLow(),
                l.spanId(),
                l.traceState(),
                values.text(l.attributes()),
                l.droppedAttributesCount()));
      }
    }
    count(s, "otel.dropped_attributes_count", from.droppedAttributesCount());
    count(s, "otel.dropped_events_count", from.droppedEventsCount());
    count(s, "otel.dropped_links_count", from.droppedLinksCount());
  }

  private static void count(ZipkinSpan s, String tag, int n) {
    if (n != 0) {
      s.tags.put(tag, Integer.toUnsignedString(n));
    }
  }

  private static Attributes nested(String name, Attributes of) {
    Attributes a = new Attributes();
    a.add(name, of);
    return a;
  }

  private String remoteName(Attributes own, String kind) {
    String peer = values.text(own.get(PEER_SERVICE));
    if (peer.isEmpty() && (kind.equals("CLIENT") || kind.equals("PRODUCER"))) {
      for (String k : REMOTE_NAME) {
        peer = values.text(own.get(k));
        if (!peer.isEmpty()) {
          return peer;
        }
      }
    }
    return peer;
  }

  private Endpoint endpoint(
      String service, Attributes own, List<String> ips, List<String> ports, Endpoint none) {
    byte[] address = {};
    String ip = "";
    for (int i = 0; i < ips.size() && ip.isEmpty(); i++) {
      String text = values.text(own.get(ips.get(i)));
      address = text.isEmpty() ? address : literal(text);
      ip = address.length == 0 ? "" : text;
    }
    int port = 0;
    for (int i = 0; i < ports.size() && port == 0; i++) {
      String text = values.text(own.get(ports.get(i)));
      port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
      port = port > 65535 ? 0 : port;
    }
    if (service.isEmpty() && ip.isEmpty() && port == 0) {
      return none;
    }
    return new Endpoint(
        service, address.length == 4 ? ip : "", address.length == 16 ? ip : "", port);
  }

  /** The bytes of an address that is written as such; empty for a name. */
  static byte[] literal(String text) {
    try {
      return InetAddress.ofLiteral(text).getAddress();
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static boolean isIn(ZipkinSpan s, String key, String text) {
    return switch (key) {
      case "net.host.ip" -> text.equals(s.local.ipv4()) || text.equals(s.local.ipv6());
      case "net.host.port" -> text.equals(Integer.toString(s.local.port()));
      case "net.peer.ip" -> text.equals(s.remote.ipv4()) || text.equals(s.remote.ipv6());
      case "net.peer.port" -> text.equals(Integer.toString(s.remote.port()));
      default -> text.equals(s.remote.service());
    };
  }
}
