package dev.tethys.codec.loki;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.io.ByteArrayInputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads push requests: protobuf {@code logproto.PushRequest} (decompressed) and JSON.
 *
 * <p>A stream is a resource whose attributes are its labels; an entry is a record whose body is the
 * line and whose attributes are its structured metadata.
 */
public final class PushReader {
  private static final String WHAT = "loki push";

  /** Longest part of a stream's labels in an error. */
  private static final int MAX_SHOWN = 150;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(32).maxStringLength(32 << 20).build())
          .build();

  /** Reason of an entry whose time does not fit in nanoseconds. */
  static final String TIME_OUT_OF_RANGE = "its time is out of range; it must be from 1677 to 2262";

  private PushReader() {}

  /**
   * Reads protobuf.
   *
   * @throws CodecException if it is malformed
   */
  public static LogsData protobuf(byte[] buf, int offset, int length) {
    return whole(protobuf(buf, offset, length, new RejectedItems()));
  }

  /**
   * Reads protobuf; entries without valid labels or time are rejected.
   *
   * @throws CodecException if it is malformed
   */
  public static Result protobuf(byte[] buf, int offset, int length, RejectedItems refusals) {
    LogsData logs = new LogsData();
    int streams = 0;
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    while (r.next()) {
      if (r.field() == 1) {
        int outer = r.enter();
        stream(r, new Stream(++streams), logs, refusals);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return new Result(logs, refusals);
  }

  private static LogsData whole(Result r) {
    if (!r.refusals.isEmpty()) {
      throw new CodecException(r.refusals.text(PushReader::describe));
    }
    return r.logs;
  }

  /** An entry and why it was refused. */
  private static String describe(RejectedItems.Refusal r) {
    return WHAT + ": " + r.item() + ": " + r.why();
  }

  /**
   * A request.
   *
   * @param refusals entries that could not be read, named by stream and number
   */
  public record Result(LogsData logs, RejectedItems refusals) {
    /** Refused entries, one per line, each with its stream and its number in the stream. */
    public String text() {
      return refusals.text(PushReader::describe);
    }
  }

  /** Stream while it is read: its labels may follow its entries. */
  private static final class Stream {
    private final int number;
    private final ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    private final ResourceGroup<LogRecord> group = new ResourceGroup<>();
    private final Map<Integer, String> bad = new LinkedHashMap<>();
    private int entries;
    private @Nullable String labels;

    Stream(int number) {
      this.number = number;
      RequestMemory.chargeItem();
    }

    void refuse(String reason) {
      bad.put(entries, reason);
    }

    /** Adds the stream to the logs read, and its problems to the rejected items. */
    void end(LogsData logs, RejectedItems refusals) {
      String text = labels;
      try {
        if (text != null) {
          StreamLabels.read(text, group.resource().attributes());
        } else {
          text = StreamLabels.write(group.resource().attributes());
        }
      } catch (CodecException e) {
        for (int i = 1; i <= Math.max(1, entries); i++) {
          refusals.add(i, name(String.valueOf(text), i), String.valueOf(e.getMessage()));
        }
        return;
      }
      for (Map.Entry<Integer, String> e : bad.entrySet()) {
        refusals.add(e.getKey(), name(text, e.getKey()), e.getValue());
      }
      group.scopes().add(scope);
      logs.resources().add(group);
    }

    private String name(String text, int entry) {
      return PushReader.name(number, text, entry);
    }
  }

  /** Name of an entry in an error. */
  static String name(int stream, String labels, int entry) {
    String shown = labels.length() > MAX_SHOWN ? labels.substring(0, MAX_SHOWN) + "…" : labels;
    return "stream " + stream + " " + shown + ", entry " + entry;
  }

  private static void stream(ProtoReader r, Stream s, LogsData logs, RejectedItems refusals) {
    s.labels = "{}";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> s.labels = r.readString();
        case 2 -> {
          int outer = r.enter();
          s.entries++;
          LogRecord record = entry(r, s);
          r.leave(outer);
          if (!s.bad.containsKey(s.entries)) {
            s.scope.items().add(record);
          }
        }
        default -> r.skip();
      }
    }
    s.end(logs, refusals);
  }

  private static LogRecord entry(ProtoReader r, Stream s) {
    RequestMemory.chargeItem();
    LogRecord record = new LogRecord();
    record.setBody("");
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          int outer = r.enter();
          record.setTimeUnixNano(timestamp(r, s));
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

  private static long timestamp(ProtoReader r, Stream s) {
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
      s.refuse("its time of " + seconds + " s is out of range; it must be from 1677 to 2262");
      return 0;
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
   * @throws CodecException if it is not of this format, or something in it is not
   */
  public static LogsData json(byte[] buf, int offset, int length) {
    return whole(json(buf, offset, length, new RejectedItems()));
  }

  /**
   * Reads JSON; entries that are not of this format are rejected.
   *
   * @throws CodecException if the input is not JSON or not a list of streams
   */
  public static Result json(byte[] buf, int offset, int length, RejectedItems refusals) {
    try (JsonParser p =
        JSON.createParser(
            ObjectReadContext.empty(), new ByteArrayInputStream(buf, offset, length))) {
      LogsData logs = new LogsData();
      int number = 0;
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
        TokenStreamContext list = p.streamReadContext();
        while (nextOf(p) != JsonToken.END_ARRAY) {
          Stream s = new Stream(++number);
          try {
            stream(p, s);
          } catch (CodecException e) {
            refusals.add(s.number, "stream " + s.number, String.valueOf(e.getMessage()));
            leave(p, list);
            continue;
          }
          s.end(logs, refusals);
        }
      }
      if (p.nextToken() != null) {
        throw new CodecException(WHAT + ": unexpected data after the end of the request");
      }
      return new Result(logs, refusals);
    } catch (JacksonException e) {
      throw new CodecException(WHAT + ": " + JsonFailures.describe(e), e);
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

  /** Skips the values that are still open within a list. */
  private static void leave(JsonParser p, TokenStreamContext list) {
    while (p.streamReadContext() != list) {
      nextOf(p);
    }
  }

  private static JsonToken nextOf(JsonParser p) {
    JsonToken t = p.nextToken();
    if (t == null) {
      throw new CodecException(WHAT + ": the text ends within a value");
    }
    return t;
  }

  private static CodecException wrong(JsonParser p, String rule) {
    return new CodecException(ProtoJson.path(p) + " is " + ProtoJson.shown(p) + "; " + rule);
  }

  private static void is(JsonParser p, JsonToken token, String rule) {
    if (p.currentToken() != token) {
      throw wrong(p, rule);
    }
  }

  private static void stream(JsonParser p, Stream s) {
    is(p, JsonToken.START_OBJECT, "it must be a stream, an object");
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      switch (name) {
        case "stream" -> {
          is(p, JsonToken.START_OBJECT, "it must be labels, an object");
          while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            String label = p.currentName();
            p.nextToken();
            s.group.resource().attributes().put(label, text(p));
          }
        }
        case "labels" -> s.labels = text(p);
        case "values" -> entries(p, s, PushReader::value);
        case "entries" -> entries(p, s, PushReader::entry);
        default -> p.skipChildren();
      }
    }
  }

  private static void entries(JsonParser p, Stream s, Function<JsonParser, LogRecord> reader) {
    is(p, JsonToken.START_ARRAY, "it must be a list of entries");
    TokenStreamContext list = p.streamReadContext();
    while (nextOf(p) != JsonToken.END_ARRAY) {
      s.entries++;
      try {
        s.scope.items().add(reader.apply(p));
      } catch (CodecException e) {
        s.refuse(String.valueOf(e.getMessage()));
        leave(p, list);
      }
    }
  }

  private static String text(JsonParser p) {
    if (!isScalar(p)) {
      throw wrong(p, "it must be a string");
    }
    return p.getString();
  }

  private static boolean isScalar(JsonParser p) {
    return p.currentToken() != null && p.currentToken().isScalarValue();
  }

  /** A time, a line and perhaps structured metadata. */
  private static LogRecord value(JsonParser p) {
    is(p, JsonToken.START_ARRAY, "it must be a list of time, line and structured metadata");
    RequestMemory.chargeItem();
    LogRecord record = new LogRecord();
    p.nextToken();
    try {
      // Loki accepts decimal digits only: it rejects 1.5e18, unlike the JSON of protobuf.
      record.setTimeUnixNano(Long.parseLong(isScalar(p) ? p.getString() : ""));
    } catch (NumberFormatException e) {
      throw wrong(p, "it must be nanoseconds since 1970 in a string");
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
    is(p, JsonToken.END_ARRAY, "it must be the end of the entry");
    return record;
  }

  private static LogRecord entry(JsonParser p) {
    is(p, JsonToken.START_OBJECT, "it must be an entry, an object");
    RequestMemory.chargeItem();
    LogRecord record = new LogRecord();
    record.setBody("");
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      switch (name) {
        case "ts", "timestamp" -> record.setTimeUnixNano(nanos(p));
        case "line" -> record.setBody(text(p));
        default -> p.skipChildren();
      }
    }
    return record;
  }

  private static long nanos(JsonParser p) {
    try {
      Instant t = OffsetDateTime.parse(text(p)).toInstant();
      return Math.addExact(Math.multiplyExact(t.getEpochSecond(), 1_000_000_000L), t.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw wrong(p, "it must be an RFC 3339 time from 1677 to 2262");
    }
  }
}
