package dev.tethys.codec.otlp.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.Telemetry;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.LogsData;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.metrics.v1.MetricsData;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against the official classes of OTLP. */
@Tag("slow")
class OtlpWireTest {
  private static final OtlpReader READER = new OtlpReader();

  private static byte[] json(OtlpSignal signal, byte[] b) {
    return OtlpJsonWriter.toJson(signal, b, 0, b.length);
  }

  private static int check(OtlpSignal signal, byte[] b) {
    return OtlpCheck.check(signal, b, 0, b.length);
  }

  @Test
  void tableMatchesTheOfficialDescriptor() {
    for (OtlpSchema.Message m : OtlpSchema.messages()) {
      Descriptor d = RandomRequests.descriptor(m.name);
      List<String> official = new ArrayList<>();
      for (FieldDescriptor f : d.getFields()) {
        String type = f.getType().name();
        if (type.equals("INT32")) {
          type = "INDEX"; // nothing else is one
        } else if (f.getName().matches("(trace|profile)_id")) {
          type = "ID16";
        } else if (f.getName().endsWith("span_id")) {
          type = "ID8";
        }
        official.add(
            f.getNumber()
                + " "
                + f.getJsonName()
                + " "
                + type
                + " "
                + f.isRepeated()
                + " "
                + (f.hasPresence() && !type.equals("MESSAGE") || f.getRealContainingOneof() != null)
                + (f.getType() == FieldDescriptor.Type.ENUM
                    ? f.getEnumType().getValues().stream()
                        .map(v -> v.getName() + v.getNumber())
                        .toList()
                        .toString()
                    : ""));
      }
      List<String> ours = new ArrayList<>();
      for (OtlpSchema.Field f : m.fields()) {
        if (f != null) {
          ours.add(
              f.number()
                  + " "
                  + f.name()
                  + " "
                  + f.type()
                  + " "
                  + f.repeated()
                  + " "
                  + f.presence()
                  + (f.values().isEmpty()
                      ? ""
                      : f.values().entrySet().stream()
                          .map(v -> v.getKey() + v.getValue())
                          .toList()
                          .toString()));
        }
      }
      assertThat(ours).as(m.name).containsExactlyInAnyOrderElementsOf(official);
    }
  }

  @Property(tries = 300)
  void treesRoundTrip(@ForAll OtlpSignal signal, @ForAll long seed) throws IOException {
    Message m = new RandomRequests(seed).next(signal);
    byte[] b = m.toByteArray();
    Telemetry<?> tree = READER.read(signal, b, 0, b.length);
    assertThat(tree.itemCount()).isEqualTo(RandomRequests.items(m));
    byte[] again = new OtlpWriter().write(tree);
    assertThat(RandomRequests.normal(RandomRequests.parse(signal, again)))
        .isEqualTo(RandomRequests.normal(m));
    byte[] copied = new OtlpWriter().write(tree.copy());
    assertThat(copied).isEqualTo(again);
  }

  @Property(tries = 300)
  void jsonRoundTrips(@ForAll OtlpSignal signal, @ForAll long seed) throws IOException {
    Message m = new RandomRequests(seed).next(signal);
    byte[] json = json(signal, m.toByteArray());
    byte[] back = OtlpJson.toProtobuf(signal, json, 0, json.length).toByteArray();
    assertThat(RandomRequests.parse(signal, back)).isEqualTo(m);
  }

  @Property(tries = 300)
  void checksAndCountsLikeTheOfficialClasses(@ForAll OtlpSignal signal, @ForAll long seed) {
    Message m = new RandomRequests(seed).next(signal);
    byte[] b = m.toByteArray();
    assertThat(check(signal, b)).isEqualTo(RandomRequests.items(m));
    assertThat(b).as("nothing was mended").isEqualTo(m.toByteArray());
    assertThat(OtlpScanner.count(signal, b, 0, b.length)).isEqualTo(RandomRequests.items(m));
  }

  @Property(tries = 200)
  void splitPartsRejoin(
      @ForAll OtlpSignal signal,
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 6) int maxItems,
      @ForAll @IntRange(min = 1, max = 5000) int maxBytes)
      throws IOException {
    Assume.that(signal != OtlpSignal.PROFILES); // in ProfilesWireTest
    Message m = new RandomRequests(seed).next(signal);
    byte[] b = m.toByteArray();
    List<String> items = new ArrayList<>();
    int total = 0;
    for (OtlpScanner.Part p : OtlpScanner.split(signal, b, maxItems, maxBytes)) {
      Message part = RandomRequests.parse(signal, p.body());
      assertThat(RandomRequests.items(part)).isEqualTo(p.items()).isBetween(1, maxItems);
      assertThat(p.items() == 1 || p.body().length <= maxBytes).isTrue();
      items.addAll(flat(part));
      total += p.items();
    }
    assertThat(items).isEqualTo(flat(m));
    assertThat(total).isEqualTo(RandomRequests.items(m));
  }

  @Property(tries = 100)
  void slicesRejoin(@ForAll OtlpSignal signal, @ForAll long seed) throws IOException {
    Assume.that(signal != OtlpSignal.PROFILES);
    Message m = new RandomRequests(seed).next(signal);
    byte[] b = m.toByteArray();
    Message.Builder all = RandomRequests.prototype(signal).toBuilder();
    int items = 0;
    for (OtlpScanner.Slice s : OtlpScanner.resources(signal, b, 0, b.length)) {
      all.mergeFrom(ByteString.copyFrom(b, s.offset(), s.length()));
      items += s.items();
      assertThat(READER.resource(b, s.offset(), s.length()).attributes())
          .isEqualTo(
              READER
                  .read(signal, b, s.offset(), s.length())
                  .resources()
                  .getFirst()
                  .resource()
                  .attributes());
    }
    assertThat(all.build()).isEqualTo(m);
    assertThat(items).isEqualTo(RandomRequests.items(m));
  }

  /** Every item behind all that encloses it. */
  private static List<String> flat(Message m) {
    List<String> out = new ArrayList<>();
    switch (m) {
      case LogsData d ->
          d.getResourceLogsList()
              .forEach(
                  r ->
                      r.getScopeLogsList()
                          .forEach(
                              s -> {
                                String head =
                                    r.toBuilder().clearScopeLogs()
                                        + "/"
                                        + s.toBuilder().clearLogRecords();
                                s.getLogRecordsList().forEach(l -> out.add(head + l));
                              }));
      case TracesData d ->
          d.getResourceSpansList()
              .forEach(
                  r ->
                      r.getScopeSpansList()
                          .forEach(
                              s -> {
                                String head =
                                    r.toBuilder().clearScopeSpans()
                                        + "/"
                                        + s.toBuilder().clearSpans();
                                s.getSpansList().forEach(l -> out.add(head + l));
                              }));
      case MetricsData d -> {
        for (ResourceMetrics r : d.getResourceMetricsList()) {
          for (ScopeMetrics s : r.getScopeMetricsList()) {
            String head = r.toBuilder().clearScopeMetrics() + "/" + s.toBuilder().clearMetrics();
            s.getMetricsList()
                .forEach(
                    x -> {
                      var empty = x.toBuilder();
                      switch (x.getDataCase()) {
                        case GAUGE -> {
                          empty.getGaugeBuilder().clearDataPoints();
                          x.getGauge().getDataPointsList().forEach(p -> out.add(head + empty + p));
                        }
                        case SUM -> {
                          empty.getSumBuilder().clearDataPoints();
                          x.getSum().getDataPointsList().forEach(p -> out.add(head + empty + p));
                        }
                        case HISTOGRAM -> {
                          empty.getHistogramBuilder().clearDataPoints();
                          x.getHistogram()
                              .getDataPointsList()
                              .forEach(p -> out.add(head + empty + p));
                        }
                        case EXPONENTIAL_HISTOGRAM -> {
                          empty.getExponentialHistogramBuilder().clearDataPoints();
                          x.getExponentialHistogram()
                              .getDataPointsList()
                              .forEach(p -> out.add(head + empty + p));
                        }
                        case SUMMARY -> {
                          empty.getSummaryBuilder().clearDataPoints();
                          x.getSummary()
                              .getDataPointsList()
                              .forEach(p -> out.add(head + empty + p));
                        }
                        case DATA_NOT_SET -> {}
                      }
                    });
          }
        }
      }
      default -> throw new IllegalArgumentException();
    }
    return out;
  }

  @Property(tries = 4000)
  void acceptedBytesAreReadableByProtobuf(@ForAll OtlpSignal signal, @ForAll long seed)
      throws IOException {
    Random r = new Random(seed);
    byte[] b = new RandomRequests(seed).next(signal).toByteArray();
    for (int i = r.nextInt(4); i >= 0 && b.length > 0; i--) {
      b[r.nextInt(b.length)] = (byte) r.nextInt(256);
    }
    if (r.nextInt(8) == 0) {
      b = java.util.Arrays.copyOf(b, r.nextInt(b.length + 1));
    }
    int items;
    try {
      items = check(signal, b);
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
      return;
    }
    Message official = RandomRequests.parse(signal, b);
    assertThat(RandomRequests.items(official)).isEqualTo(items);
    assertThat(OtlpScanner.count(signal, b, 0, b.length)).isEqualTo(items);
    byte[] written = new OtlpWriter().write(READER.read(signal, b, 0, b.length));
    assertThat(RandomRequests.items(RandomRequests.parse(signal, written))).isEqualTo(items);
    byte[] json = json(signal, b);
    byte[] back = OtlpJson.toProtobuf(signal, json, 0, json.length).toByteArray();
    assertThat(check(signal, back)).isEqualTo(items);
    int sum = 0;
    for (OtlpScanner.Part p : OtlpScanner.split(signal, b, 3, 1 << 20)) {
      RandomRequests.parse(signal, p.body());
      sum += p.items();
    }
    assertThat(sum).isEqualTo(items);
  }

  @Property(tries = 1000)
  void readsOrRejectsAnyBytes(@ForAll OtlpSignal signal, @ForAll byte[] b) {
    try {
      check(signal, b);
      READER.read(signal, b, 0, b.length);
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
    try {
      READER.read(signal, b, 0, b.length);
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
    try {
      json(signal, b);
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
    try {
      OtlpJson.toProtobuf(signal, b, 0, b.length);
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
  }

  private static byte[] logs(LogRecord... records) {
    return LogsData.newBuilder()
        .addResourceLogs(
            ResourceLogs.newBuilder()
                .setResource(
                    Resource.newBuilder()
                        .addAttributes(
                            KeyValue.newBuilder()
                                .setKey("service.name")
                                .setValue(AnyValue.newBuilder().setStringValue("shop"))))
                .addScopeLogs(ScopeLogs.newBuilder().addAllLogRecords(List.of(records))))
        .build()
        .toByteArray();
  }

  @Test
  void keepsUnknownFields() throws IOException {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(900, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .addField(
                901,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("new"))
                    .build())
            .build();
    byte[] b = logs(LogRecord.newBuilder().setUnknownFields(unknown).setFlags(1).build());
    byte[] again = new OtlpWriter().write(READER.logs(b, 0, b.length));
    LogRecord log = LogsData.parseFrom(again).getResourceLogs(0).getScopeLogs(0).getLogRecords(0);
    assertThat(log.getUnknownFields()).isEqualTo(unknown);
    assertThat(log.getFlags()).isEqualTo(1);
  }

  @Test
  void repairsTextThatIsNotUtf8() throws IOException {
    byte[] b =
        logs(
            LogRecord.newBuilder()
                .setBody(AnyValue.newBuilder().setStringValue("caf# und grün, x## y"))
                .build());
    int hash = new String(b, StandardCharsets.ISO_8859_1).indexOf('#');
    b[hash] = (byte) 0xe9; // Latin-1
    int two = new String(b, StandardCharsets.ISO_8859_1).indexOf("##");
    b[two] = (byte) 0xed; // a surrogate's start
    b[two + 1] = (byte) 0xa0;
    assertThatThrownBy(() -> LogsData.parseFrom(b)).hasMessageContaining("UTF-8");
    assertThat(check(OtlpSignal.LOGS, b)).isEqualTo(1);
    assertThat(
            LogsData.parseFrom(b)
                .getResourceLogs(0)
                .getScopeLogs(0)
                .getLogRecords(0)
                .getBody()
                .getStringValue())
        .isEqualTo("caf? und grün, x?? y");
  }

  @Test
  void rejectsInvalidIds() {
    byte[] b = logs(LogRecord.newBuilder().setTraceId(ByteString.copyFromUtf8("short")).build());
    assertThatThrownBy(() -> check(OtlpSignal.LOGS, b))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("LogRecord.traceId of 5 bytes, must be 16");
    assertThatThrownBy(() -> READER.logs(b, 0, b.length)).isInstanceOf(CodecException.class);
  }

  @Test
  void rejectsTooDeepNesting() {
    AnyValue deep = AnyValue.newBuilder().setIntValue(1).build();
    for (int i = 0; i < 60; i++) {
      deep = AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(deep)).build();
    }
    byte[] b = logs(LogRecord.newBuilder().setBody(deep).build());
    assertThatThrownBy(() -> check(OtlpSignal.LOGS, b))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("nested deeper than 100");
    assertThatThrownBy(() -> READER.logs(b, 0, b.length)).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> json(OtlpSignal.LOGS, b)).isInstanceOf(CodecException.class);
  }

  @Test
  void metricHasDataOfOneKind() {
    ProtoWriter w = new ProtoWriter();
    int r = w.begin(1);
    int s = w.begin(2);
    int m = w.begin(2);
    w.end(w.begin(5));
    w.end(w.begin(7));
    w.end(m);
    w.end(s);
    w.end(r);
    assertThatThrownBy(() -> check(OtlpSignal.METRICS, w.toByteArray()))
        .hasMessageContaining("data of two kinds");
  }

  @Test
  void jsonMatchesTheSpecification() {
    String json =
        """
        {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name",\
        "value":{"stringValue":"my.service"}}]},"scopeLogs":[{"scope":{"name":"my.library",\
        "version":"1.0.0","attributes":[{"key":"my.scope.attribute","value":{"stringValue":\
        "some scope attribute"}}]},"logRecords":[{"timeUnixNano":"1544712660300000000",\
        "severityNumber":10,"severityText":"Information","body":{"stringValue":"Example log record"},\
        "attributes":[{"key":"string.attribute","value":{"stringValue":"some string"}},{"key":\
        "boolean.attribute","value":{"boolValue":true}},{"key":"int.attribute","value":{"intValue":\
        "10"}},{"key":"double.attribute","value":{"doubleValue":637.704}},{"key":"array.attribute",\
        "value":{"arrayValue":{"values":[{"stringValue":"many"},{"stringValue":"values"}]}}},{"key":\
        "map.attribute","value":{"kvlistValue":{"values":[{"key":"some.map.key","value":\
        {"stringValue":"some value"}}]}}}],"traceId":"5b8efff798038103d269b633813fc60c","spanId":\
        "eee19b7ec3c1b174","observedTimeUnixNano":"1544712660300000000"}]}]}]}""";
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    byte[] protobuf = OtlpJson.toProtobuf(OtlpSignal.LOGS, b, 0, b.length).toByteArray();
    assertThat(check(OtlpSignal.LOGS, protobuf)).isEqualTo(1);
    assertThat(new String(json(OtlpSignal.LOGS, protobuf), StandardCharsets.UTF_8)).isEqualTo(json);
  }

  @Test
  void jsonAcceptsEnumNamesAndUpperCaseIds() {
    byte[] b =
        """
        {"resourceSpans":[{"scope_spans":[{"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
        "kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"},"unknown":[{"a":1}],
        "startTimeUnixNano":1544712660300000000,"end_time_unix_nano":"1"}]}]}]}"""
            .getBytes(StandardCharsets.UTF_8);
    byte[] protobuf = OtlpJson.toProtobuf(OtlpSignal.TRACES, b, 0, b.length).toByteArray();
    assertThat(new String(json(OtlpSignal.TRACES, protobuf), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
                + "\"5b8efff798038103d269b633813fc60c\",\"kind\":2,\"startTimeUnixNano\":"
                + "\"1544712660300000000\",\"endTimeUnixNano\":\"1\",\"status\":{\"code\":2}}]}]}]}");
  }

  @Test
  void boundsRememberedNames() {
    NameCache names = new NameCache();
    byte[] b = "xservice.namey".getBytes(StandardCharsets.UTF_8);
    String first = names.get(b, 1, 12);
    assertThat(first).isEqualTo("service.name");
    assertThat(names.get(b.clone(), 1, 12)).isSameAs(first);
    byte[] many = new byte[4];
    for (int i = 0; i < 20 * NameCache.SLOTS; i++) {
      many[0] = (byte) ('a' + i % 26);
      many[1] = (byte) ('a' + i / 26 % 26);
      many[2] = (byte) ('a' + i / 676 % 26);
      many[3] = (byte) ('a' + i / 17576 % 26);
      assertThat(names.get(many, 0, 4)).isEqualTo(new String(many, StandardCharsets.UTF_8));
    }
    assertThat(names.get(new byte[0], 0, 0)).isEmpty();
  }

  @Test
  void responsesMatchTheOfficialClasses() throws IOException {
    OtlpResponse partial = new OtlpResponse(7, "too old");
    ExportMetricsServiceResponse official =
        ExportMetricsServiceResponse.parseFrom(partial.toProtobuf());
    assertThat(official.getPartialSuccess().getRejectedDataPoints()).isEqualTo(7);
    assertThat(official.getPartialSuccess().getErrorMessage()).isEqualTo("too old");
    assertThat(OtlpResponse.fromProtobuf(official.toByteArray())).isEqualTo(partial);
    assertThat(OtlpResponse.fromProtobuf(OtlpResponse.OK.toProtobuf()).isOk()).isTrue();
    for (OtlpSignal s : OtlpSignal.values()) {
      assertThat(OtlpResponse.fromJson(s, partial.toJson(s))).isEqualTo(partial);
      assertThat(OtlpResponse.fromJson(s, OtlpResponse.OK.toJson(s)).isOk()).isTrue();
    }
    assertThatThrownBy(() -> OtlpResponse.fromJson(OtlpSignal.LOGS, new byte[] {'['}))
        .isInstanceOf(CodecException.class);
  }

  @Test
  void statusesCarryTheRetryDelay() {
    RpcStatus s = new RpcStatus(14, "queue full", Duration.ofMillis(1500));
    assertThat(RpcStatus.fromProtobuf(s.toProtobuf())).isEqualTo(s);
    assertThat(new String(s.toJson(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"code\":14,\"message\":\"queue full\",\"details\":[{\"@type\":"
                + "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"1.500000000s\"}]}");
    RpcStatus plain = new RpcStatus(3, "bad", null);
    assertThat(RpcStatus.fromProtobuf(plain.toProtobuf())).isEqualTo(plain);
  }
}
