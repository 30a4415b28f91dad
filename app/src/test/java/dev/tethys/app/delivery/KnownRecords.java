package dev.tethys.app.delivery;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.LogsData;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.logs.v1.SeverityNumber;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Log records or spans of which it is known what is to come back, made by OpenTelemetry's own
 * classes: bodies, names and attributes that formats stumble over, values of every type, and then
 * many of the plain kind.
 */
final class KnownRecords {
  /** The attribute that tells one log record from another. */
  static final String ID = "record.id";

  /** An attribute of some resources whose records have the same key with another value. */
  private static final String BOTH = "k8s.pod.name";

  private static final long BEGIN = 1_700_000_000_123_456_789L;

  /** Uneven, so that cut times show. */
  private static final long STEP = 1_000_003;

  private static final int EACH = 200;

  /** A log record or a span with what stands around it. */
  record Item(Resource resource, InstrumentationScope scope, MessageLite what) {
    LogRecord log() {
      return (LogRecord) what;
    }

    Span span() {
      return (Span) what;
    }

    /** By what it is known: of a span its id in hexadecimal digits. */
    String id() {
      return what instanceof Span s ? hex(s.getSpanId()) : attribute(log().getAttributesList(), ID);
    }
  }

  /** Values of every type, and strings that formats stumble over. */
  private static final List<AnyValue> VALUES = values();

  private static final List<Resource> RESOURCES =
      List.of(
          Resource.newBuilder()
              .addAttributes(pair("service.name", text("web")))
              .addAttributes(pair("host.name", text("h1")))
              .build(),
          Resource.newBuilder()
              .addAttributes(pair("service.name", text("shöp \"x\", y=z\\ ")))
              .addAttributes(pair("n", number(1)))
              .addAttributes(pair(BOTH, text("shop-7f")))
              .build(),
          Resource.getDefaultInstance());

  private static final List<InstrumentationScope> SCOPES =
      List.of(
          InstrumentationScope.newBuilder()
              .setName("library")
              .setVersion("1.2")
              .addAttributes(pair("short name", text("li\"b")))
              .build(),
          InstrumentationScope.getDefaultInstance());

  private final Signal signal;
  private final Map<String, Item> items = new LinkedHashMap<>();
  private final List<Batch> batches = new ArrayList<>();

  /**
   * Makes them.
   *
   * @param size how many
   * @param hostile whether the first are of those that formats stumble over
   */
  KnownRecords(Signal signal, int size, boolean hostile) {
    this.signal = signal;
    List<Item> batch = new ArrayList<>();
    int n = 0;
    if (hostile) {
      for (; n < 3 * VALUES.size(); n++) {
        batch.add(signal == Signal.LOGS ? hostileLog(n) : hostileSpan(n));
        if (batch.size() == 50) {
          end(batch);
        }
      }
      end(batch);
    }
    for (; n < size; n++) {
      batch.add(signal == Signal.LOGS ? plainLog(n) : plainSpan(n));
      if (batch.size() == EACH) {
        end(batch);
      }
    }
    end(batch);
  }

  Signal signal() {
    return signal;
  }

  List<Batch> batches() {
    return batches;
  }

  /** All of them by {@link Item#id}, in the order in which they are sent. */
  Map<String, Item> items() {
    return items;
  }

  /** What of each is to be found at a destination; without those that have no place there. */
  Map<String, String> kept(RecordPeer peer) {
    Map<String, String> all = new LinkedHashMap<>();
    items.forEach(
        (id, item) -> {
          String what = peer.kept(item);
          if (what != null) {
            all.put(id, what);
          }
        });
    return all;
  }

  static String hex(ByteString b) {
    StringBuilder s = new StringBuilder();
    for (byte x : b) {
      s.append(Character.forDigit(x >> 4 & 15, 16)).append(Character.forDigit(x & 15, 16));
    }
    return s.toString();
  }

  /** The id of the log record of a time; each has a different id. */
  static String idAt(long nanos) {
    return Long.toString((nanos - BEGIN) / STEP);
  }

  /** The text of an attribute, "" when it does not exist. */
  static String attribute(List<KeyValue> all, String name) {
    return all.stream()
        .filter(a -> a.getKey().equals(name))
        .map(a -> a.getValue().getStringValue())
        .findFirst()
        .orElse("");
  }

  static AnyValue text(String s) {
    return AnyValue.newBuilder().setStringValue(s).build();
  }

  private static AnyValue number(long n) {
    return AnyValue.newBuilder().setIntValue(n).build();
  }

  private static AnyValue real(double n) {
    return AnyValue.newBuilder().setDoubleValue(n).build();
  }

  private static AnyValue list(AnyValue... all) {
    return AnyValue.newBuilder()
        .setArrayValue(ArrayValue.newBuilder().addAllValues(List.of(all)))
        .build();
  }

  private static AnyValue map(KeyValue... all) {
    return AnyValue.newBuilder()
        .setKvlistValue(KeyValueList.newBuilder().addAllValues(List.of(all)))
        .build();
  }

  static KeyValue pair(String key, AnyValue value) {
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  private static List<AnyValue> values() {
    List<AnyValue> all = new ArrayList<>();
    for (String s : KnownSamples.HOSTILE) {
      all.add(text(s));
    }
    for (String s : KnownSamples.MORE_HOSTILE) {
      all.add(text(s));
    }
    all.add(text(""));
    all.add(text("\ufeffmark \ufffd \u0085 \u2029"));
    all.add(text("a\nb\r\nc\n"));
    all.add(text("\0"));
    all.add(text("{\"a\":1}"));
    all.add(text("line ".repeat(8_000)));
    for (long n : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 53) + 1}) {
      all.add(number(n));
    }
    for (double d : new double[] {0.5, 1, -0.0, 1e21, 3.14e-300, Double.MAX_VALUE}) {
      all.add(real(d));
    }
    for (double d : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
      all.add(real(d));
    }
    all.add(AnyValue.newBuilder().setBoolValue(true).build());
    all.add(AnyValue.newBuilder().setBoolValue(false).build());
    all.add(
        AnyValue.newBuilder()
            .setBytesValue(ByteString.copyFrom(new byte[] {0, -1, -2, 'a', 10}))
            .build());
    all.add(AnyValue.newBuilder().setBytesValue(ByteString.EMPTY).build());
    all.add(AnyValue.getDefaultInstance());
    all.add(list());
    all.add(map());
    all.add(list(text("a\"b"), number(7), list(text("")), AnyValue.getDefaultInstance()));
    all.add(
        map(
            pair("a\"b\\c", text("x\ny")),
            pair("", number(1)),
            pair("in", map(pair("ner", list(real(0.5)))))));
    AnyValue deep = text("bottom");
    for (int i = 0; i < 20; i++) {
      deep = map(pair("in", deep));
    }
    all.add(deep);
    return all;
  }

  private static ByteString id(long... words) {
    ByteBuffer b = ByteBuffer.allocate(8 * words.length);
    for (long w : words) {
      b.putLong(w);
    }
    return ByteString.copyFrom(b.array());
  }

  private static long time(int n) {
    return BEGIN + n * STEP;
  }

  /** A name that formats stumble over, another one each time that a value comes again. */
  private static String name(int n) {
    String[] all = KnownSamples.NAMES;
    return all[(n + n / VALUES.size()) % all.length];
  }

  private static Item hostileLog(int n) {
    AnyValue v = VALUES.get(n % VALUES.size());
    LogRecord.Builder r =
        LogRecord.newBuilder()
            .setTimeUnixNano(time(n))
            .setSeverityNumberValue(n % 25)
            .setSeverityText(new String[] {"", "INFO", "wörn \"x\"", "err\nor"}[n % 4])
            .addAttributes(pair(ID, text(Integer.toString(n))));
    switch (n / VALUES.size()) {
      case 0 -> r.setBody(v);
      case 1 -> r.setBody(text("a value")).addAttributes(pair(name(n), v));
      default -> {
        // a value without text is named by its place
        String key = v.hasStringValue() ? v.getStringValue() : "typed" + n;
        r.setBody(text("a name"))
            .addAttributes(pair(key, text("under \"it\"")))
            .addAttributes(pair(BOTH, text("of the record")));
      }
    }
    if (n % 3 == 0) {
      r.setTraceId(id(0x1122334455667788L, n + 1)).setSpanId(id(n + 1)).setFlags(1);
    }
    if (n % 5 == 0) {
      r.setTimeUnixNano(0).setObservedTimeUnixNano(time(n));
    } else if (n % 5 == 1) {
      r.setObservedTimeUnixNano(time(n) + 17);
    }
    if (n % 7 == 0) {
      r.setEventName("event." + n).setDroppedAttributesCount(n);
    }
    return new Item(RESOURCES.get(n % 3), SCOPES.get(n % 2), r.build());
  }

  /**
   * Text that does not get smaller by compression, so that requests are as large as faults need.
   */
  private static String token(int n) {
    Random r = new Random(n);
    return Long.toHexString(r.nextLong()) + Long.toHexString(r.nextLong());
  }

  private static Item plainLog(int n) {
    LogRecord r =
        LogRecord.newBuilder()
            .setTimeUnixNano(time(n))
            .setObservedTimeUnixNano(time(n) + 5)
            .setSeverityNumber(SeverityNumber.SEVERITY_NUMBER_INFO)
            .setSeverityText("INFO")
            .setBody(text("GET /page/" + n + " 200"))
            .addAttributes(pair(ID, text(Integer.toString(n))))
            .addAttributes(pair("user", text(token(n))))
            .build();
    return new Item(RESOURCES.get(0), SCOPES.get(0), r);
  }

  private static Item hostileSpan(int n) {
    AnyValue v = VALUES.get(n % VALUES.size());
    String s = v.hasStringValue() ? v.getStringValue() : "typed";
    Span.Builder r = span(n).setKindValue(n % 6);
    switch (n / VALUES.size()) {
      case 0 ->
          r.setName(s)
              .setStatus(
                  Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR).setMessage(s))
              .addEvents(Span.Event.newBuilder().setTimeUnixNano(time(n) + 7).setName(s));
      case 1 ->
          r.setName("a value")
              .addAttributes(pair(name(n), v))
              .addEvents(
                  Span.Event.newBuilder()
                      .setTimeUnixNano(time(n) + 7)
                      .setName("happened")
                      .addAttributes(pair(name(n), v)));
      default ->
          r.setName("a name")
              .addAttributes(pair(s.equals("typed") ? "typed" + n : s, text("under it")))
              .addAttributes(pair(BOTH, text("of the record")))
              .addLinks(
                  Span.Link.newBuilder()
                      .setTraceId(id(5, 6))
                      .setSpanId(id(n + 1))
                      .setTraceState("a=b")
                      .addAttributes(pair(name(n), v)));
    }
    if (n % 4 == 1) {
      r.setTraceState("vendor=x,other=y").setParentSpanId(id(n));
    }
    return new Item(RESOURCES.get(n % 3), SCOPES.get(n % 2), r.build());
  }

  private static Span.Builder span(int n) {
    return Span.newBuilder()
        .setTraceId(id(0x1122334455667788L, n / 10 + 1))
        .setSpanId(id(n + 1))
        .setStartTimeUnixNano(time(n))
        .setEndTimeUnixNano(time(n) + 1_500 + n);
  }

  private static Item plainSpan(int n) {
    Span.Builder r =
        span(n)
            .setName("GET /page")
            .setKind(Span.SpanKind.SPAN_KIND_SERVER)
            .addAttributes(pair("page", text(token(n))));
    return new Item(RESOURCES.get(0), SCOPES.get(0), r.build());
  }

  /**
   * Creates a batch of what was gathered, in which neighbours stand together as senders have it.
   */
  private void end(List<Item> all) {
    if (all.isEmpty()) {
      return;
    }
    MessageLite body;
    if (signal == Signal.LOGS) {
      LogsData.Builder d = LogsData.newBuilder();
      for (Item i : all) {
        d.addResourceLogs(
            ResourceLogs.newBuilder()
                .setResource(i.resource)
                .addScopeLogs(ScopeLogs.newBuilder().setScope(i.scope).addLogRecords(i.log())));
      }
      body = d.build();
    } else {
      TracesData.Builder d = TracesData.newBuilder();
      for (Item i : all) {
        d.addResourceSpans(
            ResourceSpans.newBuilder()
                .setResource(i.resource)
                .addScopeSpans(ScopeSpans.newBuilder().setScope(i.scope).addSpans(i.span())));
      }
      body = d.build();
    }
    batches.add(new Batch(signal, Encoding.OTLP, body.toByteArray(), all.size(), 1));
    all.forEach(i -> items.put(i.id(), i));
    all.clear();
  }
}
