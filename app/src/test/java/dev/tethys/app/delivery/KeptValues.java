package dev.tethys.app.delivery;

import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Values of attributes as destinations keep them that have only text, or only JSON. */
final class KeptValues {
  private static final ObjectMapper JSON = new ObjectMapper();

  private KeptValues() {}

  /**
   * As text: lists and maps as JSON, bytes in Base64, nothing as "".
   *
   * @see #normal
   */
  static String text(AnyValue v) {
    return switch (v.getValueCase()) {
      case STRING_VALUE -> v.getStringValue();
      case INT_VALUE -> Long.toString(v.getIntValue());
      case BOOL_VALUE -> Boolean.toString(v.getBoolValue());
      case DOUBLE_VALUE -> number(v.getDoubleValue());
      case BYTES_VALUE -> Base64.getEncoder().encodeToString(v.getBytesValue().toByteArray());
      case ARRAY_VALUE, KVLIST_VALUE -> json(v);
      default -> "";
    };
  }

  /** A double with its shortest digits, as Go's JSON has it. */
  static String number(double d) {
    if (Double.isNaN(d)) {
      return "NaN";
    }
    if (Double.isInfinite(d)) {
      return d > 0 ? "Infinity" : "-Infinity";
    }
    if (d == 0) {
      return 1 / d < 0 ? "-0" : "0";
    }
    BigDecimal n = new BigDecimal(Double.toString(d)).stripTrailingZeros();
    if (Math.abs(d) >= 1e-6 && Math.abs(d) < 1e21) {
      return n.toPlainString();
    }
    int exponent = n.precision() - n.scale() - 1;
    return n.scaleByPowerOfTen(-exponent) + (exponent < 0 ? "e" : "e+") + exponent;
  }

  /**
   * As JSON in the form of {@link #canonical}: maps in order, what JSON has no number for as text.
   */
  static String json(AnyValue v) {
    return switch (v.getValueCase()) {
      case STRING_VALUE -> quoted(v.getStringValue());
      case INT_VALUE -> Long.toString(v.getIntValue());
      case BOOL_VALUE -> Boolean.toString(v.getBoolValue());
      case DOUBLE_VALUE ->
          Double.isFinite(v.getDoubleValue())
              ? canonicalNumber(v.getDoubleValue())
              : quoted(Double.toString(v.getDoubleValue()));
      case BYTES_VALUE -> quoted(text(v));
      case ARRAY_VALUE ->
          v.getArrayValue().getValuesList().stream()
              .map(KeptValues::json)
              .collect(Collectors.joining(",", "[", "]"));
      case KVLIST_VALUE -> json(v.getKvlistValue().getValuesList());
      default -> "null";
    };
  }

  /** Attributes as one object of JSON. */
  static String json(List<KeyValue> all) {
    Map<String, String> m = new TreeMap<>();
    all.forEach(a -> m.put(a.getKey(), json(a.getValue())));
    return object(m);
  }

  static String object(Map<String, String> m) {
    return m.entrySet().stream()
        .map(e -> quoted(e.getKey()) + ":" + e.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  static String quoted(String s) {
    return JSON.writeValueAsString(s);
  }

  private static String canonicalNumber(double d) {
    return d == Math.rint(d) && Math.abs(d) < 1L << 53 // whose zero has no sign to many readers
        ? Long.toString((long) d)
        : Double.toString(d);
  }

  /** What was read, in the same form. */
  static String canonical(JsonNode n) {
    if (n.isObject()) {
      Map<String, String> m = new TreeMap<>();
      n.properties().forEach(e -> m.put(e.getKey(), canonical(e.getValue())));
      return object(m);
    }
    if (n.isArray()) {
      return n.valueStream().map(KeptValues::canonical).collect(Collectors.joining(",", "[", "]"));
    }
    if (n.isString()) {
      return quoted(n.asString());
    }
    if (n.isIntegralNumber() && n.canConvertToLong()) {
      return n.asString();
    }
    return n.isNumber()
        ? canonicalNumber(n.asDouble())
        : n.asString().isEmpty() ? "null" : n.asString();
  }

  /** Text that may be JSON, in the same form. */
  static String normal(String text) {
    if (text.startsWith("[") || text.startsWith("{")) {
      try {
        return canonical(JSON.readTree(text));
      } catch (tools.jackson.core.JacksonException e) {
        return text;
      }
    }
    return text;
  }

  /** What was read of columns: text, or maps and lists of text, each in its normal form. */
  static String normalTexts(JsonNode n) {
    if (n.isObject()) {
      Map<String, String> m = new TreeMap<>();
      n.properties().forEach(e -> m.put(e.getKey(), normalTexts(e.getValue())));
      return m.toString();
    }
    return n.isArray()
        ? n.valueStream().map(KeptValues::normalTexts).toList().toString()
        : normal(n.asString());
  }

  /** Attributes by name, as text. */
  static Map<String, String> texts(List<KeyValue> all) {
    Map<String, String> m = new TreeMap<>();
    all.forEach(a -> m.put(a.getKey(), normal(text(a.getValue()))));
    return m;
  }

  /** Attributes of a record and of its resource, which makes way where both have a name. */
  static Map<String, String> both(KnownRecords.Item item, List<KeyValue> record) {
    Map<String, String> all = texts(record);
    texts(item.resource().getAttributesList())
        .forEach(
            (k, v) -> {
              String of = all.putIfAbsent(k, v);
              if (of != null && !of.equals(v)) {
                all.put("resource." + k, v);
              }
            });
    return all;
  }

  /** Events of a span as a list of objects, as destinations have them without a place for these. */
  static String events(Span s) {
    return s.getEventsList().stream()
        .map(
            e ->
                "{\"attributes\":%s,\"name\":%s,\"time_unix_nano\":%d}"
                    .formatted(
                        json(e.getAttributesList()), quoted(e.getName()), e.getTimeUnixNano()))
        .collect(Collectors.joining(",", "[", "]"));
  }

  /** Links of a span likewise. */
  static String links(Span s) {
    return s.getLinksList().stream()
        .map(
            l ->
                "{\"attributes\":%s,\"span_id\":%s,\"trace_id\":%s,\"trace_state\":%s}"
                    .formatted(
                        json(l.getAttributesList()),
                        quoted(KnownRecords.hex(l.getSpanId())),
                        quoted(KnownRecords.hex(l.getTraceId())),
                        quoted(l.getTraceState())))
        .collect(Collectors.joining(",", "[", "]"));
  }
}
