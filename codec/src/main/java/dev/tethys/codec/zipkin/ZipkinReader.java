package dev.tethys.codec.zipkin;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.points.Refusals;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.thrift.ThriftReader;
import dev.tethys.codec.zipkin.ZipkinSpan.Annotation;
import dev.tethys.codec.zipkin.ZipkinSpan.Binary;
import dev.tethys.codec.zipkin.ZipkinSpan.Endpoint;
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

  /** What came of a list. */
  public record Result(TracesData traces, Refusals refusals) {}

  private final ZipkinToOtlp to;
  private final Refusals refusals = new Refusals();
  private int number;

  private ZipkinReader(ZipkinToOtlp to) {
    this.to = to;
  }

  private void done(ZipkinSpan s, boolean first) {
    number++;
    String why = s.check();
    if (why == null) {
      if (first) {
        to.addFirst(s);
      } else {
        to.add(s);
      }
    } else {
      refusals.add(number, "span " + number + " \"" + s.name + "\"", why);
    }
  }

  private Result result() {
    return new Result(to.traces(), refusals);
  }

  /**
   * Reads JSON.
   *
   * @param version 1 or 2
   * @param typedTags whether tags that look like numbers or truth values become such
   * @param now Unix microseconds, for spans that say no time at all
   * @throws CodecException when it is no list of objects
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
        if (p.currentToken() != JsonToken.START_OBJECT) {
          throw new CodecException("zipkin: a span is no object");
        }
        reader.done(span(p), version == 1);
      }
    } catch (JacksonException e) {
      throw new CodecException("zipkin: " + JsonFailures.said(e), e);
    }
    return reader.result();
  }

  private static String text(JsonParser p, JsonToken t) {
    if (t.isScalarValue() && t != JsonToken.VALUE_NULL) {
      return p.getString();
    }
    p.skipChildren();
    return "";
  }

  private static long number(JsonParser p, JsonToken t) {
    try {
      return t.isNumeric() ? p.getLongValue() : Long.parseLong(text(p, t));
    } catch (NumberFormatException | JacksonException e) {
      return 0;
    }
  }

  private static ZipkinSpan span(JsonParser p) {
    ZipkinSpan s = new ZipkinSpan();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      JsonToken t = p.nextToken();
      switch (key) {
        case "traceId" -> s.traceId(text(p, t));
        case "id" -> s.id = s.spanId(text(p, t), "id");
        case "parentId" -> s.parent = t == JsonToken.VALUE_NULL ? 0 : s.spanId(text(p, t), key);
        case "kind" -> s.kind = text(p, t);
        case "name" -> s.name = text(p, t);
        case "timestamp" -> s.timestamp = number(p, t);
        case "duration" -> s.duration = number(p, t);
        case "localEndpoint" -> s.local = endpoint(p, t);
        case "remoteEndpoint" -> s.remote = endpoint(p, t);
        case "annotations" -> annotations(p, t, s);
        case "binaryAnnotations" -> binary(p, t, s);
        case "tags" -> {
          if (t == JsonToken.START_OBJECT) {
            while (p.nextToken() == JsonToken.PROPERTY_NAME) {
              String tag = p.currentName();
              s.tags.put(tag, text(p, p.nextToken()));
            }
          } else {
            p.skipChildren();
          }
        }
        default -> p.skipChildren();
      }
    }
    return s;
  }

  private static Endpoint endpoint(JsonParser p, JsonToken t) {
    if (t != JsonToken.START_OBJECT) {
      p.skipChildren();
      return Endpoint.NONE;
    }
    String service = "";
    String ipv4 = "";
    String ipv6 = "";
    int port = 0;
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      JsonToken v = p.nextToken();
      switch (key) {
        case "serviceName" -> service = text(p, v);
        case "ipv4" -> ipv4 = text(p, v);
        case "ipv6" -> ipv6 = text(p, v);
        case "port" -> port = (int) number(p, v);
        default -> p.skipChildren();
      }
    }
    return new Endpoint(service, ipv4, ipv6, port);
  }

  private static boolean inList(JsonParser p, JsonToken t) {
    if (t == JsonToken.START_ARRAY) {
      return true;
    }
    p.skipChildren();
    return false;
  }

  private static void annotations(JsonParser p, JsonToken t, ZipkinSpan s) {
    if (!inList(p, t)) {
      return;
    }
    while (p.nextToken() == JsonToken.START_OBJECT) {
      long time = 0;
      String value = "";
      Endpoint endpoint = Endpoint.NONE;
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        JsonToken v = p.nextToken();
        switch (key) {
          case "timestamp" -> time = number(p, v);
          case "value" -> value = text(p, v);
          case "endpoint" -> endpoint = endpoint(p, v);
          default -> p.skipChildren();
        }
      }
      s.annotations.add(new Annotation(time, value, endpoint));
    }
    listEnds(p);
  }

  private static void binary(JsonParser p, JsonToken t, ZipkinSpan s) {
    if (!inList(p, t)) {
      return;
    }
    while (p.nextToken() == JsonToken.START_OBJECT) {
      String name = "";
      String value = "";
      Endpoint endpoint = Endpoint.NONE;
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        JsonToken v = p.nextToken();
        switch (key) {
          case "key" -> name = text(p, v);
          case "value" -> value = text(p, v);
          case "endpoint" -> endpoint = endpoint(p, v);
          default -> p.skipChildren();
        }
      }
      s.binary.add(new Binary(name, value, endpoint, false));
    }
    listEnds(p);
  }

  private static void listEnds(JsonParser p) {
    if (p.currentToken() != JsonToken.END_ARRAY) {
      throw new CodecException("zipkin: an annotation is no object");
    }
  }

  private static final String[] KINDS = {"", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"};

  /** The number of a kind in protobuf; 0 for none. */
  static int kind(String word) {
    return Math.max(0, List.of(KINDS).indexOf(word));
  }

  /**
   * Reads {@code zipkin.proto3.ListOfSpans}.
   *
   * @throws CodecException when it is malformed
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
   * @throws CodecException when it is malformed
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
