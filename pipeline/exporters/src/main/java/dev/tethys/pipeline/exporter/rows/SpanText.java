package dev.tethys.pipeline.exporter.rows;

import dev.tethys.model.GoJson;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import java.util.HexFormat;

/** Parts of spans as text, for destinations without columns for them. */
public final class SpanText {
  private static final HexFormat HEX = HexFormat.of();

  private SpanText() {}

  /** Formats an id of a trace or profile: thirty-two hexadecimal digits; "" for none. */
  public static String traceId(long high, long low) {
    return (high | low) == 0 ? "" : HEX.toHexDigits(high) + HEX.toHexDigits(low);
  }

  /** Formats a span id: sixteen hexadecimal digits; "" for none. */
  public static String spanId(long id) {
    return id == 0 ? "" : HEX.toHexDigits(id);
  }

  /** Returns the kind as named in OTLP's JSON, without its prefix and in lower case. */
  public static String kind(Span p) {
    return switch (p.kind()) {
      case 1 -> "internal";
      case 2 -> "server";
      case 3 -> "client";
      case 4 -> "producer";
      case 5 -> "consumer";
      default -> "unspecified";
    };
  }

  /** Returns the status as named in OTLP's JSON, without its prefix and in lower case. */
  public static String status(Span p) {
    return switch (p.statusCode()) {
      case 1 -> "ok";
      case 2 -> "error";
      default -> "unset";
    };
  }

  /** Formats a list of {@code {"time_unix_nano":…,"name":…,"attributes":{…}}}. */
  public static String events(Span p) {
    StringBuilder sb = new StringBuilder("[");
    for (SpanEvent e : p.events()) {
      sb.append(sb.length() == 1 ? "" : ",")
          .append("{\"time_unix_nano\":")
          .append(e.timeUnixNano())
          .append(",\"name\":");
      GoJson.append(sb, e.name()).append(",\"attributes\":");
      AttributeText.json(sb, e.attributes()).append('}');
    }
    return sb.append(']').toString();
  }

  /** Formats a list of {@code {"trace_id":…,"span_id":…,"trace_state":…,"attributes":{…}}}. */
  public static String links(Span p) {
    StringBuilder sb = new StringBuilder("[");
    for (SpanLink l : p.links()) {
      sb.append(sb.length() == 1 ? "" : ",")
          .append("{\"trace_id\":\"")
          .append(traceId(l.traceIdHigh(), l.traceIdLow()))
          .append("\",\"span_id\":\"")
          .append(spanId(l.spanId()))
          .append("\",\"trace_state\":");
      GoJson.append(sb, l.traceState()).append(",\"attributes\":");
      AttributeText.json(sb, l.attributes()).append('}');
    }
    return sb.append(']').toString();
  }
}
