package dev.tethys.codec.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.io.ByteArrayInputStream;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Rewrites OTLP/JSON as OTLP/protobuf, so that one reader serves both. The schema below is all it
 * knows; unknown fields are passed over. As the OTLP specification says: trace and span ids are
 * hexadecimal, other bytes base64, 64-bit integers may be strings, enums are numbers (their names
 * are taken too), and doubles may be "NaN", "Infinity" or "-Infinity".
 */
public final class OtlpJson {
  private enum Type {
    STRING,
    BYTES,
    HEX,
    BOOL,
    INT,
    SINT,
    FIXED64,
    DOUBLE,
    TEMPORALITY,
    MESSAGE
  }

  private record Field(int number, Type type, boolean repeated, String message) {}

  private record Message(Map<String, Field> fields) {}

  private static Field one(int n, Type t) {
    return new Field(n, t, false, "");
  }

  private static Field many(int n, Type t) {
    return new Field(n, t, true, "");
  }

  private static Field one(int n, String message) {
    return new Field(n, Type.MESSAGE, false, message);
  }

  private static Field many(int n, String message) {
    return new Field(n, Type.MESSAGE, true, message);
  }

  private static final Map<String, Message> SCHEMA =
      Map.ofEntries(
          Map.entry("Request", new Message(Map.of("resourceMetrics", many(1, "ResourceMetrics")))),
          Map.entry(
              "ResourceMetrics",
              new Message(
                  Map.of(
                      "resource", one(1, "Resource"),
                      "scopeMetrics", many(2, "ScopeMetrics"),
                      "schemaUrl", one(3, Type.STRING)))),
          Map.entry("Resource", new Message(Map.of("attributes", many(1, "KeyValue")))),
          Map.entry(
              "ScopeMetrics",
              new Message(
                  Map.of(
                      "scope", one(1, "Scope"),
                      "metrics", many(2, "Metric"),
                      "schemaUrl", one(3, Type.STRING)))),
          Map.entry(
              "Scope",
              new Message(
                  Map.of(
                      "name", one(1, Type.STRING),
                      "version", one(2, Type.STRING),
                      "attributes", many(3, "KeyValue")))),
          Map.entry(
              "Metric",
              new Message(
                  Map.of(
                      "name", one(1, Type.STRING),
                      "description", one(2, Type.STRING),
                      "unit", one(3, Type.STRING),
                      "gauge", one(5, "Gauge"),
                      "sum", one(7, "Sum"),
                      "histogram", one(9, "Histogram"),
                      "exponentialHistogram", one(10, "ExponentialHistogram"),
                      "summary", one(11, "Summary")))),
          Map.entry("Gauge", new Message(Map.of("dataPoints", many(1, "NumberDataPoint")))),
          Map.entry(
              "Sum",
              new Message(
                  Map.of(
                      "dataPoints", many(1, "NumberDataPoint"),
                      "aggregationTemporality", one(2, Type.TEMPORALITY),
                      "isMonotonic", one(3, Type.BOOL)))),
          Map.entry(
              "Histogram",
              new Message(
                  Map.of(
                      "dataPoints", many(1, "HistogramDataPoint"),
                      "aggregationTemporality", one(2, Type.TEMPORALITY)))),
          Map.entry(
              "ExponentialHistogram",
              new Message(
                  Map.of(
                      "dataPoints", many(1, "ExponentialHistogramDataPoint"),
                      "aggregationTemporality", one(2, Type.TEMPORALITY)))),
          Map.entry("Summary", new Message(Map.of("dataPoints", many(1, "SummaryDataPoint")))),
          Map.entry(
              "NumberDataPoint",
              new Message(
                  Map.of(
                      "startTimeUnixNano", one(2, Type.FIXED64),
                      "timeUnixNano", one(3, Type.FIXED64),
                      "asDouble", one(4, Type.DOUBLE),
                      "exemplars", many(5, "Exemplar"),
                      "asInt", one(6, Type.FIXED64),
                      "attributes", many(7, "KeyValue"),
                      "flags", one(8, Type.INT)))),
          Map.entry(
              "HistogramDataPoint",
              new Message(
                  Map.of(
                      "startTimeUnixNano", one(2, Type.FIXED64),
                      "timeUnixNano", one(3, Type.FIXED64),
                      "count", one(4, Type.FIXED64),
                      "sum", one(5, Type.DOUBLE),
                      "bucketCounts", many(6, Type.FIXED64),
                      "explicitBounds", many(7, Type.DOUBLE),
                      "exemplars", many(8, "Exemplar"),
                      "attributes", many(9, "KeyValue"),
                      "flags", one(10, Type.INT)))),
          Map.entry(
              "ExponentialHistogramDataPoint",
              new Message(
                  Map.ofEntries(
                      Map.entry("attributes", many(1, "KeyValue")),
                      Map.entry("startTimeUnixNano", one(2, Type.FIXED64)),
                      Map.entry("timeUnixNano", one(3, Type.FIXED64)),
                      Map.entry("count", one(4, Type.FIXED64)),
                      Map.entry("sum", one(5, Type.DOUBLE)),
                      Map.entry("scale", one(6, Type.SINT)),
                      Map.entry("zeroCount", one(7, Type.FIXED64)),
                      Map.entry("positive", one(8, "Buckets")),
                      Map.entry("negative", one(9, "Buckets")),
                      Map.entry("flags", one(10, Type.INT)),
                      Map.entry("exemplars", many(11, "Exemplar")),
                      Map.entry("zeroThreshold", one(14, Type.DOUBLE))))),
          Map.entry(
              "Buckets",
              new Message(Map.of("offset", one(1, Type.SINT), "bucketCounts", many(2, Type.INT)))),
          Map.entry(
              "SummaryDataPoint",
              new Message(
                  Map.of(
                      "startTimeUnixNano", one(2, Type.FIXED64),
                      "timeUnixNano", one(3, Type.FIXED64),
                      "count", one(4, Type.FIXED64),
                      "sum", one(5, Type.DOUBLE),
                      "quantileValues", many(6, "ValueAtQuantile"),
                      "attributes", many(7, "KeyValue"),
                      "flags", one(8, Type.INT)))),
          Map.entry(
              "ValueAtQuantile",
              new Message(Map.of("quantile", one(1, Type.DOUBLE), "value", one(2, Type.DOUBLE)))),
          Map.entry(
              "Exemplar",
              new Message(
                  Map.of(
                      "timeUnixNano", one(2, Type.FIXED64),
                      "asDouble", one(3, Type.DOUBLE),
                      "spanId", one(4, Type.HEX),
                      "traceId", one(5, Type.HEX),
                      "asInt", one(6, Type.FIXED64),
                      "filteredAttributes", many(7, "KeyValue")))),
          Map.entry(
              "KeyValue",
              new Message(Map.of("key", one(1, Type.STRING), "value", one(2, "AnyValue")))),
          Map.entry(
              "AnyValue",
              new Message(
                  Map.of(
                      "stringValue", one(1, Type.STRING),
                      "boolValue", one(2, Type.BOOL),
                      "intValue", one(3, Type.INT),
                      "doubleValue", one(4, Type.DOUBLE),
                      "arrayValue", one(5, "ArrayValue"),
                      "kvlistValue", one(6, "KeyValueList"),
                      "bytesValue", one(7, Type.BYTES)))),
          Map.entry("ArrayValue", new Message(Map.of("values", many(1, "AnyValue")))),
          Map.entry("KeyValueList", new Message(Map.of("values", many(1, "KeyValue")))));

  /** Objects and lists nested deeper are refused. */
  static final int MAX_DEPTH = 300;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(32 << 20)
                  .build())
          .build();

  private OtlpJson() {}

  /**
   * The same ExportMetricsServiceRequest as protobuf.
   *
   * @throws CodecException when the input is not JSON or not of the schema
   */
  public static ProtoWriter toProtobuf(byte[] buf, int offset, int length) {
    ProtoWriter w = new ProtoWriter(length / 2 + 16);
    try (JsonParser p =
        JSON.createParser(
            ObjectReadContext.empty(), new ByteArrayInputStream(buf, offset, length))) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new CodecException("OTLP JSON must be an object");
      }
      message(p, w, message("Request"));
      if (p.nextToken() != null) {
        throw new CodecException("OTLP JSON goes on behind its end");
      }
    } catch (JacksonException e) {
      throw new CodecException("OTLP JSON: " + e.getOriginalMessage(), e);
    }
    return w;
  }

  private static Message message(String name) {
    return java.util.Objects.requireNonNull(SCHEMA.get(name), name);
  }

  private static void message(JsonParser p, ProtoWriter w, Message m) {
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      Field f = m.fields.get(name);
      if (f == null) {
        f = m.fields.get(camel(name));
      }
      JsonToken t = p.nextToken();
      if (f == null) {
        p.skipChildren();
      } else if (t == JsonToken.VALUE_NULL) {
        continue;
      } else if (!f.repeated) {
        value(p, w, f, name);
      } else if (t == JsonToken.START_ARRAY) {
        while (p.nextToken() != JsonToken.END_ARRAY) {
          value(p, w, f, name);
        }
      } else {
        throw wrong(name, "a list");
      }
    }
  }

  /** Protobuf's JSON mapping lets parsers take the original, underscored names too. */
  private static String camel(String name) {
    StringBuilder sb = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '_' && i + 1 < name.length()) {
        sb.append(Character.toUpperCase(name.charAt(++i)));
      } else {
        sb.append(c);
      }
    }
    return sb.toString();
  }

  private static CodecException wrong(@Nullable String field, String what) {
    return new CodecException("OTLP JSON: field " + field + " must be " + what);
  }

  private static void value(JsonParser p, ProtoWriter w, Field f, String name) {
    switch (f.type) {
      case MESSAGE -> {
        if (p.currentToken() != JsonToken.START_OBJECT) {
          throw wrong(name, "an object");
        }
        int m = w.begin(f.number);
        message(p, w, message(f.message));
        w.end(m);
      }
      case STRING -> w.string(f.number, text(p, name));
      case BYTES -> {
        try {
          w.bytes(f.number, Base64.getDecoder().decode(text(p, name)));
        } catch (IllegalArgumentException e) {
          throw wrong(name, "base64");
        }
      }
      case HEX -> {
        try {
          w.bytes(f.number, HexFormat.of().parseHex(text(p, name)));
        } catch (IllegalArgumentException e) {
          throw wrong(name, "hexadecimal");
        }
      }
      case BOOL -> {
        switch (p.currentToken()) {
          case VALUE_TRUE -> w.bool(f.number, true);
          case VALUE_FALSE -> w.bool(f.number, false);
          case null, default -> throw wrong(name, "true or false");
        }
      }
      case INT -> w.int64(f.number, integer(p, name));
      case SINT -> w.sint64(f.number, integer(p, name));
      case FIXED64 -> w.fixed64(f.number, integer(p, name));
      case DOUBLE -> w.float64(f.number, number(p, name));
      case TEMPORALITY -> {
        if (p.currentToken() == JsonToken.VALUE_STRING) {
          w.int64(
              f.number,
              switch (p.getString()) {
                case "AGGREGATION_TEMPORALITY_DELTA" -> MetricKind.DELTA;
                case "AGGREGATION_TEMPORALITY_CUMULATIVE" -> MetricKind.CUMULATIVE;
                default -> 0;
              });
        } else {
          w.int64(f.number, integer(p, name));
        }
      }
    }
  }

  private static String text(JsonParser p, String name) {
    if (p.currentToken() != JsonToken.VALUE_STRING) {
      throw wrong(name, "a string");
    }
    return p.getString();
  }

  private static long integer(JsonParser p, String name) {
    JsonToken t = p.currentToken();
    if (t == JsonToken.VALUE_NUMBER_INT || t == JsonToken.VALUE_STRING) {
      String s = p.getString();
      try {
        return s.startsWith("-") ? Long.parseLong(s) : Long.parseUnsignedLong(s);
      } catch (NumberFormatException e) {
        throw wrong(name, "a 64-bit integer");
      }
    }
    if (t == JsonToken.VALUE_NUMBER_FLOAT) {
      double d = p.getDoubleValue();
      if (d == Math.rint(d) && Math.abs(d) < 1L << 53) {
        return (long) d;
      }
    }
    throw wrong(name, "an integer");
  }

  private static double number(JsonParser p, String name) {
    JsonToken t = p.currentToken();
    if (t == JsonToken.VALUE_NUMBER_INT || t == JsonToken.VALUE_NUMBER_FLOAT) {
      return p.getDoubleValue();
    }
    if (t == JsonToken.VALUE_STRING) {
      String s = p.getString();
      switch (s) {
        case "NaN" -> {
          return Double.NaN;
        }
        case "Infinity" -> {
          return Double.POSITIVE_INFINITY;
        }
        case "-Infinity" -> {
          return Double.NEGATIVE_INFINITY;
        }
        default -> {
          try {
            return Double.parseDouble(s);
          } catch (NumberFormatException e) {
            throw wrong(name, "a number");
          }
        }
      }
    }
    throw wrong(name, "a number");
  }
}
