package dev.tethys.codec.loki;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.io.ByteArrayInputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads push requests: protobuf {@code logproto.PushRequest} (decompressed) and JSON.
 *
 * <p>A stream is a resource whose attributes are its labels; an entry is a record whose body is the
 * line and whose attributes are its structured metadata.
 */
public final class PushReader {
  private static final String WHAT = "loki push";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(32).maxStringLength(32 << 20).build())
          .build();

  private PushReader() {}

  /**
   * Reads protobuf.
   *
   * @throws CodecException when it is malformed
   */
  public static LogsData protobuf(byte[] buf, int offset, int length) {
    LogsData logs = new LogsData();
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    while (r.next()) {
      if (r.field() == 1) {
        int outer = r.enter();
        stream(r, logs);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return logs;
  }

  private static void stream(ProtoReader r, LogsData logs) {
    String labels = "{}";
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> labels = r.readString();
        case 2 -> {
          int outer = r.enter();
          scope.items().add(entry(r));
          r.leave(outer);
        }
        default -> r.skip();
      }
    }
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    StreamLabels.read(labels, group.resource().attributes());
    group.scopes().add(scope);
    logs.resources().add(group);
  }

  private static LogRecord entry(ProtoReader r) {
    LogRecord record = new LogRecord();
    record.setBody("");
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          int outer = r.enter();
          record.setTimeUnixNano(timestamp(r));
          r.leave(outer);
        }
        case 2 -> record.setBody(r.readString());
        case 3 -> {
          int outer = r.enter();
          pair(r, record);
          r.leave(outer);
        }
        default -> r.skip();
      }
    }
    return record;
  }

  private static long timestamp(ProtoReader r) {
    long seconds = 0;
    long nanos = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> seconds = r.readLong();
        case 2 -> nanos = r.readLong();
        default -> r.skip();
      }
    }
    try {
      return Math.addExact(Math.multiplyExact(seconds, 1_000_000_000L), nanos);
    } catch (ArithmeticException e) {
      throw new CodecException(WHAT + ": a timestamp is out of range");
    }
  }

  private static void pair(ProtoReader r, LogRecord record) {
    String name = "";
    String value = "";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> name = r.readString();
        case 2 -> value = r.readString();
        default -> r.skip();
      }
    }
    record.attributes().put(name, value);
  }

  /**
   * Reads JSON: {@code {"streams":[{"stream":{"a":"b"},"values":[["<ns>","line",{"k":"v"}]]}]}},
   * and the form of Loki's first API: {@code
   * {"labels":"{a=\"b\"}","entries":[{"ts":"…Z","line":"…"}]}}.
   *
   * @throws CodecException when it is not of this format
   */
  public static LogsData json(byte[] buf, int offset, int length) {
    try (JsonParser p =
        JSON.createParser(
            ObjectReadContext.empty(), new ByteArrayInputStream(buf, offset, length))) {
      LogsData logs = new LogsData();
      p.nextToken();
      expect(p, JsonToken.START_OBJECT, "an object");
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean streams = p.currentName().equals("streams");
        p.nextToken();
        if (!streams) {
          p.skipChildren();
          continue;
        }
        expect(p, JsonToken.START_ARRAY, "a list of streams");
        while (p.nextToken() != JsonToken.END_ARRAY) {
          stream(p, logs);
        }
      }
      if (p.nextToken() != null) {
        throw new CodecException(WHAT + ": the request goes on behind its end");
      }
      return logs;
    } catch (JacksonException e) {
      throw new CodecException(WHAT + ": " + JsonFailures.said(e), e);
    }
  }

  private static void expect(JsonParser p, JsonToken token, String what) {
    if (p.currentToken() != token) {
      throw new CodecException(
          WHAT
              + ": "
              + what
              + " expected at line "
              + p.currentTokenLocation().getLineNr()
              + ", column "
              + p.currentTokenLocation().getColumnNr());
    }
  }

  private static void stream(JsonParser p, LogsData logs) {
    expect(p, JsonToken.START_OBJECT, "a stream");
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      switch (name) {
        case "stream" -> {
          expect(p, JsonToken.START_OBJECT, "labels");
          while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            String label = p.currentName();
            p.nextToken();
            group.resource().attributes().put(label, text(p));
          }
        }
        case "values" -> {
          expect(p, JsonToken.START_ARRAY, "a list of values");
          while (p.nextToken() != JsonToken.END_ARRAY) {
            scope.items().add(value(p));
          }
        }
        case "labels" -> StreamLabels.read(text(p), group.resource().attributes());
        case "entries" -> {
          expect(p, JsonToken.START_ARRAY, "a list of entries");
          while (p.nextToken() != JsonToken.END_ARRAY) {
            scope.items().add(entry(p));
          }
        }
        default -> p.skipChildren();
      }
    }
    group.scopes().add(scope);
    logs.resources().add(group);
  }

  private static String text(JsonParser p) {
    if (p.currentToken() == null || !p.currentToken().isScalarValue()) {
      throw new CodecException(WHAT + ": text expected");
    }
    return p.getString();
  }

  private static LogRecord value(JsonParser p) {
    expect(p, JsonToken.START_ARRAY, "a value: time, line and structured metadata");
    LogRecord record = new LogRecord();
    p.nextToken();
    String time = text(p);
    try {
      record.setTimeUnixNano(Long.parseLong(time));
    } catch (NumberFormatException e) {
      throw new CodecException(
          WHAT + ": a time wants nanoseconds since 1970, not \"" + time + "\"");
    }
    p.nextToken();
    record.setBody(text(p));
    if (p.nextToken() == JsonToken.START_OBJECT) {
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = p.currentName();
        p.nextToken();
        record.attributes().put(name, text(p));
      }
      p.nextToken();
    }
    expect(p, JsonToken.END_ARRAY, "the end of a value");
    return record;
  }

  private static LogRecord entry(JsonParser p) {
    expect(p, JsonToken.START_OBJECT, "an entry");
    LogRecord record = new LogRecord();
    record.setBody("");
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      switch (name) {
        case "ts", "timestamp" -> record.setTimeUnixNano(nanos(text(p)));
        case "line" -> record.setBody(text(p));
        default -> p.skipChildren();
      }
    }
    return record;
  }

  private static long nanos(String s) {
    try {
      Instant t = OffsetDateTime.parse(s).toInstant();
      return Math.addExact(Math.multiplyExact(t.getEpochSecond(), 1_000_000_000L), t.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw new CodecException(WHAT + ": ts is not a time: " + s);
    }
  }
}
