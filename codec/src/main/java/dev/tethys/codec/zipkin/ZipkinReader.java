package dev.tethys.codec.zipkin;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.thrift.ThriftReader;
import dev.tethys.codec.zipkin.ZipkinSpan.Annotation;
import dev.tethys.codec.zipkin.ZipkinSpan.Binary;
import dev.tethys.codec.zipkin.ZipkinSpan.Endpoint;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.TracesData;
import java.io.ByteArrayInputStream;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads lists of Zipkin's spans: JSON of version 1 and 2, protobuf ({@code zipkin.proto3}), Thrift
 * (version 1). A span that cannot be used is noted and the others are read.
 *
 * <p>Sources: zipkin-api's {@code zipkin-api.yaml}, {@code zipkin2-api.yaml} and {@code
 * zipkin.proto}, {@code zipkinCore.thrift}.
 */
public final class ZipkinReader {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(16).maxStringLength(8 << 20).build())
          .build();

  /** Result of reading a list. */
  public record Result(TracesData traces, RejectedItems refusals) {}

  private final ZipkinToOtlp to;
  private final RejectedItems refusals = new RejectedItems();
  private int number;

  private ZipkinReader(ZipkinToOtlp to) {
    this.to = to;
  }

  private void done(ZipkinSpan s, boolean first) {
    number++;
    String reason = s.check();
    if (reason == null) {
      if (first) {
        to.addFirst(s);
      } else {
        to.add(s);
      }
    } else {
      refusals.add(number, "span " + number + " \"" + s.name + "\"", reason);
    }
  }

  private Result result() {
    return new Result(to.traces(), refusals);
  }

  /**
   * Reads JSON.
   *
   * @param version 1 or 2
   * @param typedTags whether tags that look like numbers or booleans are converted
   * @param now Unix microseconds, for spans without any time
   * @throws CodecException if the input is not a list of objects
   */
  public static Result json(
      byte[] buf, int offset, int length, int version, boolean typedTags, long now) {
    ZipkinReader reader = new ZipkinReader(new ZipkinToOtlp(typedTags, now));
    try (JsonParser p =
        JSON.createParser(
            ObjectReadContext.empty(), new ByteArrayInputStream(buf, offset, length))) {
      if (p.nextToken() != JsonToken.START_ARRAY) {
        throw new CodecException("zipkin: a list of spans expected");
      }
      while (p.nextToken() != JsonToken.END_ARRAY) {
        if (p.currentToken() == null) {
          throw new CodecException("zipkin: the text ends within the list of spans");
        }
        RequestMemory.chargeItem();
        ZipkinSpan s = new ZipkinSpan();
        if (p.currentToken() == JsonToken.START_OBJECT) {
          s = span(p);
        } else {
          wrong(p, s, "it must be a span, an object");
          p.skipChildren();
        }
        reader.done(s, version == 1);
      }
    } catch (JacksonException e) {
      throw new CodecException("zipkin: " + JsonFailures.describe(e), e);
    }
    return reader.result();
  }

  /** Records a problem of a value, identified by its path within the list. */
  private static void wrong(JsonParser p, ZipkinSpan s, String rule) {
    s.wrong(ProtoJson.path(p) + " is " + ProtoJson.shown(p) + "; " + rule);
  }

  private static String text(JsonParser p, ZipkinSpan s) {
    JsonToken t = p.currentToken();
    if (t.isScalarValue()) {
      return t == JsonToken.VALUE_NULL ? "" : p.getString();
    }
    wrong(p, s, "it must be a string");
    p.skipChildren();
    return "";
  }

  private static long number(JsonParser p, ZipkinSpan s, long max) {
    if (p.currentToken() == JsonToken.VALUE_NULL) {
      return 0;
    }
    try {
      long n = ProtoJson.integer(p, ProtoJson.IntegerType.INT64);
      if (n >= 0 && n <= max) {
        return n;
      }
    } catch (CodecException e) {
      // reported below, with the range of this field
    }
    wrong(p, s, "it must be an integer from 0 to " + max);
    p.skipChildren();
    return 0;
  }

  private static String kind(JsonParser p, ZipkinSpan s) {
    String word = text(p, s);
    if (!List.of(KINDS).contains(word)) {
      wrong(p, s, "it must be CLIENT, SERVER, PRODUCER or CONSUMER");
    }
    return word;
  }

  private static ZipkinSpan span(JsonParser p) {
    ZipkinSpan s = new ZipkinSpan();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      JsonToken t = p.nextToken();
      switch (key) {
        case "traceId" -> s.traceId(text(p, s));
        case "id" -> s.id = s.spanId(text(p, s), "id");
        case "parentId" -> s.parent = t == JsonToken.VALUE_NULL ? 0 : s.spanId(text(p, s), key);
        case "kind" -> s.kind = kind(p, s);
        case "name" -> s.name = text(p, s);
        case "timestamp" -> s.timestamp = number(p, s, ZipkinSpan.MAX_MICROS);
        case "duration" -> s.duration = number(p, s, ZipkinSpan.MAX_MICROS);
        case "localEndpoint" -> s.local = endpoint(p, s);
        case "remoteEndpoint" -> s.remote = endpoint(p, s);
        case "annotations" -> annotations(p, s);
        case "binaryAnnotations" -> binary(p, s);
        case "tags" -> {
          if (t == JsonToken.START_OBJECT) {
            while (p.nextToken() == JsonToken.PROPERTY_NAME) {
              String tag = p.currentName();
              p.nextToken();
              RequestMemory.charge(2 * RequestMemory.VALUE_BYTES); // and as an attribute
              s.tags.put(tag, text(p, s));
            }
          } else {
            other(p, s, "an object");
          }
        }
        default -> p.skipChildren();
      }
    }
    return s;
  }

  /** Skips a value of another type; null is equivalent to none. */
  private static void other(JsonParser p, ZipkinSpan s, String type) {
    if (p.currentToken() != JsonToken.VALUE_NULL) {
      wrong(p, s, "it must be " + type);
      p.skipChildren();
    }
  }

  private static Endpoint endpoint(JsonParser p, ZipkinSpan s) {
    if (p.currentToken() != JsonToken.START_OBJECT) {
      other(p, s, "an object");
      return Endpoint.NONE;
    }
    String service = "";
    String ipv4 = "";
    String ipv6 = "";
    int port = 0;
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      p.nextToken();
      switch (key) {
        case "serviceName" -> service = text(p, s);
        case "ipv4" -> ipv4 = text(p, s);
        case "ipv6" -> ipv6 = text(p, s);
        case "port" -> port = port(p, s);
        default -> p.skipChildren();
      }
    }
    return new Endpoint(service, ipv4, ipv6, port);
  }

  /** Senders in languages whose 16 bits have a sign write ports above 32767 as negative. */
  private static int port(JsonParser p, ZipkinSpan s) {
    if (p.currentToken() == JsonToken.VALUE_NUMBER_INT) {
      String text = p.getString();
      if (text.startsWith("-") && text.length() <= 6 && p.getIntValue() >= Short.MIN_VALUE) {
        return p.getIntValue() & 0xffff;
      }
    }
    return (int) number(p, s, 0xffff);
  }

  private static boolean inList(JsonParser p, ZipkinSpan s) {
    if (p.currentToken() == JsonToken.START_ARRAY) {
      return true;
    }
    other(p, s, "a list");
    return false;
  }

  /** Moves to the next object of a list; other elements are recorded as rejected. */
  private static boolean nextObject(JsonParser p, ZipkinSpan s) {
    while (true) {
      switch (p.nextToken()) {
        case START_OBJECT -> {
          return true;
        }
        case END_ARRAY -> {
          return false;
        }
        case null -> throw new CodecException("zipkin: the text ends within a list");
        default -> {
          wrong(p, s, "it must be an object");
          p.skipChildren();
        }
      }
    }
  }

  private static void annotations(JsonParser p, ZipkinSpan s) {
    if (!inList(p, s)) {
      return;
    }
    while (nextObject(p, s)) {
      long time = 0;
      String value = "";
      Endpoint endpoint = Endpoint.NONE;
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        p.nextToken();
        switch (key) {
          case "timestamp" -> time = number(p, s, ZipkinSpan.MAX_MICROS);
          case "value" -> value = text(p, s);
          case "endpoint" -> endpoint = endpoint(p, s);
          default -> p.skipChildren();
        }
      }
      s.annotations.add(new Annotation(time, value, endpoint));
    }
  }

  private static void binary(JsonParser p, ZipkinSpan s) {
    if (!inList(p, s)) {
      return;
    }
    while (nextObject(p, s)) {
      String name = "";
      String value = "";
      Endpoint endpoint = Endpoint.NONE;
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        p.nextToken();
        switch (key) {
          case "key" -> name = text(p, s);
          case "value" -> value = text(p, s);
          case "endpoint" -> endpoint = endpoint(p, s);
          default -> p.skipChildren();
        }
      }
      s.binary.add(new Binary(name, value, endpoint, false));
    }
  }

  private static final String[] KINDS = {"", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"};

  /** The number of a kind in protobuf; 0 if none. */
  static int kind(String word) {
    return Math.max(0, List.of(KINDS).indexOf(word));
  }

  /**
   * Reads {@code zipkin.proto3.ListOfSpans}.
   *
   * @throws CodecException if it is malformed
   */
  public static Result protobuf(byte[] buf, int offset, int length, boolean typedTags, long now) {
    ZipkinReader reader = new ZipkinReader(new ZipkinToOtlp(typedTags, now));
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    while (r.next()) {
      if (r.field() == 1) {
        int outer = r.enter();
        ZipkinSpan s = span(r);
        r.leave(outer);
        reader.done(s, false);
      } else {
        r.skip();
      }
    }
    return reader.result();
  }

  /**
   * Reads a list of spans of version 1 in Thrift's binary protocol.
   *
   * @throws CodecException if it is malformed
   */
  public static Result thrift(byte[] buf, int offset, int length, boolean typedTags, long now) {
    ZipkinReader reader = new ZipkinReader(new ZipkinToOtlp(typedTags, now));
    ThriftReader r = new ThriftReader(buf, offset, length, false);
    int n = r.beginList(ThriftReader.STRUCT);
    for (int i = 0; i < n; i++) {
      reader.done(ThriftSpans.span(r), true);
    }
    return reader.result();
  }

  private static String hex(byte[] b) {
    return java.util.HexFormat.of().formatHex(b);
  }

  private static ZipkinSpan span(ProtoReader r) {
    RequestMemory.chargeItem();
    ZipkinSpan s = new ZipkinSpan();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> s.traceId(hex(r.readBytes()));
        case 2 -> {
          byte[] b = r.readBytes();
          s.parent = b.length == 0 ? 0 : s.spanId(hex(b), "parent_id");
        }
        case 3 -> s.id = s.spanId(hex(r.readBytes()), "id");
        case 4 -> {
          int k = r.readInt();
          s.kind = k > 0 && k < KINDS.length ? KINDS[k] : "";
        }
        case 5 -> s.name = r.readString();
        case 6 -> s.timestamp = r.readFixed64();
        case 7 -> s.duration = r.readLong();
        case 8 -> s.local = endpoint(r);
        case 9 -> s.remote = endpoint(r);
        case 10 -> {
          int outer = r.enter();
          long time = 0;
          String value = "";
          while (r.next()) {
            switch (r.field()) {
              case 1 -> time = r.readFixed64();
              case 2 -> value = r.readString();
              default -> r.skip();
            }
          }
          r.leave(outer);
          s.annotations.add(new Annotation(time, value, Endpoint.NONE));
        }
        case 11 -> {
          int outer = r.enter();
          String key = "";
          String value = "";
          while (r.next()) {
            switch (r.field()) {
              case 1 -> key = r.readString();
              case 2 -> value = r.readString();
              default -> r.skip();
            }
          }
          r.leave(outer);
          s.tags.put(key, value);
        }
        default -> r.skip();
      }
    }
    return s;
  }

  private static Endpoint endpoint(ProtoReader r) {
    int outer = r.enter();
    String service = "";
    String ipv4 = "";
    String ipv6 = "";
    int port = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> service = r.readString();
        case 2 -> ipv4 = ThriftSpans.address(r.readBytes());
        case 3 -> ipv6 = ThriftSpans.address(r.readBytes());
        case 4 -> port = r.readInt();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Endpoint(service, ipv4, ipv6, port);
  }
}
