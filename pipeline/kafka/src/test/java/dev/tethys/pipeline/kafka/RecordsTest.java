package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.NotEncodableException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordsTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z"));
  private static final long T = 1_700_000_000_000L;

  /** Series of a target that is the lane, or of anyone. */
  static Batch series(int n, long lane) {
    return Batch.ofSeries(
        request(n), n, lane == 0 ? null : MetricFamilies.NONE, lane, Metadata.NONE);
  }

  private static byte[] request(int n) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < n; i++) {
      w.beginSeries(Labels.of("__name__", "m", "i", "" + i, "job", "a", "instance", "b"));
      w.sample(T, i + 0.5).endSeries();
    }
    return w.toByteArray();
  }

  static Batch lines(String... lines) {
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    for (String s : lines) {
      LogRecord l = new LogRecord();
      l.setBody(s);
      l.setTimeUnixNano(T * 1_000_000 + scope.items().size());
      scope.items().add(l);
    }
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.resource().attributes().put("app", "shop");
    group.scopes().add(scope);
    LogsData logs = new LogsData();
    logs.resources().add(group);
    return new Batch(
        Signal.LOGS,
        Encoding.OTLP,
        new OtlpWriter().write(logs),
        lines.length,
        0,
        new Metadata(Map.of("X-Scope-OrgID", List.of("t"))));
  }

  static List<String> samples(Batch b) {
    assertThat(b.encoding()).isEqualTo(Encoding.REMOTE_WRITE);
    List<String> out = new ArrayList<>();
    WriteRequestReader in = new WriteRequestReader().reset(b.body(), 0, b.body().length);
    while (in.nextSeries()) {
      Labels l =
          WriteRequestReader.LABELS.decode(in.labelBuffer(), in.labelOffset(), in.labelLength());
      while (in.next() != SeriesEvent.END) {
        out.add(l.toSeriesString() + " " + in.value() + " @" + in.timestamp());
      }
    }
    return out;
  }

  static List<String> bodies(Batch b) {
    assertThat(b.encoding()).isEqualTo(Encoding.OTLP);
    List<String> out = new ArrayList<>();
    for (ResourceGroup<LogRecord> r : new OtlpReader().logs(b.body(), 0, b.size()).resources()) {
      for (ScopeGroup<LogRecord> s : r.scopes()) {
        s.items()
            .forEach(
                l ->
                    out.add(
                        l.body() instanceof byte[] raw
                            ? new String(raw, StandardCharsets.UTF_8)
                            : String.valueOf(l.body())));
      }
    }
    return out;
  }

  static RecordWriter write(RecordEncoding e, int max, Batch b) {
    RecordWriter w = new RecordWriter(e, max, 4, CLOCK);
    w.write(b);
    return w;
  }

  private static List<Batch> read(RecordEncoding e, Signal s, RecordWriter w) {
    RecordReader r = new RecordReader(s, new RecordEncoding.Reading(e));
    List<Batch> out = new ArrayList<>();
    for (RecordWriter.Value v : w.values()) {
      List<byte[]> values =
          e.isLine() ? LengthPrefixedValues.values(v.bytes()) : List.of(v.bytes());
      int items = 0;
      for (byte[] x : values) {
        Batch b = r.read(x, T, 7, Metadata.NONE, Map.of()).batch();
        items += b.items();
        out.add(b);
      }
      assertThat(items).isEqualTo(v.items());
    }
    return out;
  }

  @ParameterizedTest
  @EnumSource(names = {"REMOTE_WRITE", "CLYMENE_JSON", "CLYMENE_FLAT"})
  void restoresSamplesOfAllEncodingsAndSplits(RecordEncoding e) {
    Batch b = series(500, 9);
    for (int max : new int[] {1_000_000, 3000}) {
      RecordWriter w = write(e, max, b);
      assertThat(w.drops()).isEmpty();
      assertThat(w.values()).allMatch(v -> v.bytes().length <= max && v.lane() == 9);
      List<String> back = new ArrayList<>();
      read(e, Signal.METRICS, w).forEach(x -> back.addAll(samples(x)));
      assertThat(back).containsExactlyElementsOf(samples(b));
    }
    assertThat(write(e, 3000, b).values()).hasSizeGreaterThan(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"OTLP_PROTO", "OTLP_JSON"})
  void writesSamplesAsOtlp(RecordEncoding e) {
    Batch b = series(300, 9);
    RecordWriter w = write(e, 9000, b);
    assertThat(w.values()).hasSizeGreaterThan(1).allMatch(v -> v.bytes().length <= 9000);
    RecordWriter prometheus = new RecordWriter(RecordEncoding.REMOTE_WRITE, 1_000_000, 4, CLOCK);
    read(e, Signal.METRICS, w).forEach(prometheus::write);
    TreeSet<String> back = new TreeSet<>();
    read(RecordEncoding.REMOTE_WRITE, Signal.METRICS, prometheus)
        .forEach(x -> back.addAll(samples(x)));
    assertThat(back).containsAll(samples(b));
  }

  @Test
  void assignsAConstantKeyToASeriesWithoutALane() {
    Map<String, Long> lanes = new HashMap<>();
    for (int round = 0; round < 3; round++) {
      RecordWriter w = write(RecordEncoding.REMOTE_WRITE, 1_000_000, series(100 + round, 0));
      assertThat(w.values()).hasSize(4);
      RecordReader r =
          new RecordReader(Signal.METRICS, new RecordEncoding.Reading(RecordEncoding.REMOTE_WRITE));
      for (RecordWriter.Value v : w.values()) {
        assertThat(v.lane()).isNotZero();
        for (String s : samples(r.read(v.bytes(), T, 1, Metadata.NONE, Map.of()).batch())) {
          Long before = lanes.putIfAbsent(s, v.lane());
          assertThat(before == null || before == v.lane()).as(s).isTrue();
        }
      }
    }
    assertThat(lanes).hasSize(102);
  }

  @Test
  void assignsSeriesOfOneSenderByTheirLabels() {
    Batch proxied = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, request(100), 100, 9);
    RecordWriter w = write(RecordEncoding.REMOTE_WRITE, 1_000_000, proxied);
    assertThat(w.values()).extracting(RecordWriter.Value::lane).containsExactly(1L, 2L, 3L, 4L);
    Batch other = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, request(100), 100, 77);
    List<Batch> first = read(RecordEncoding.REMOTE_WRITE, Signal.METRICS, w);
    List<Batch> second =
        read(
            RecordEncoding.REMOTE_WRITE,
            Signal.METRICS,
            write(RecordEncoding.REMOTE_WRITE, 1_000_000, other));
    for (int i = 0; i < 4; i++) {
      assertThat(samples(second.get(i))).isEqualTo(samples(first.get(i)));
    }
  }

  @Test
  void addsMetadataOfItsSeriesToEveryRecord() {
    MetricFamilies families =
        MetricFamilies.of(Map.of("m", new MetricMetadata(MetricType.COUNTER, "Help.", "")));
    for (boolean ofTarget : new boolean[] {true, false}) {
      Batch b = Batch.ofSeries(request(100), 100, families, ofTarget ? 9 : 0, Metadata.NONE);
      RecordWriter w = write(RecordEncoding.REMOTE_WRITE, 400, b);
      assertThat(w.values()).hasSizeGreaterThan(3);
      for (Batch x : read(RecordEncoding.REMOTE_WRITE, Signal.METRICS, w)) {
        assertThat(
                x.seriesAsOtlp()
                    .metrics()
                    .resources()
                    .getFirst()
                    .scopes()
                    .getFirst()
                    .items()
                    .getFirst()
                    .data())
            .isInstanceOf(dev.tethys.model.telemetry.MetricData.Sum.class);
      }
    }
  }

  @Test
  void dropsAndCountsOnlyTooLargeItems() {
    WriteRequestWriter big = new WriteRequestWriter();
    byte[] noise = new byte[4000];
    new java.util.Random(1).nextBytes(noise);
    String value = java.util.HexFormat.of().formatHex(noise);
    big.beginSeries(Labels.of("__name__", "m", "v", value)).sample(T, 1).endSeries();
    big.beginSeries(Labels.of("__name__", "m")).sample(T, 2).endSeries();
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, big.toByteArray(), 2, 1);
    RecordWriter w = write(RecordEncoding.REMOTE_WRITE, 2000, b);
    assertThat(w.drops()).isEqualTo(Map.of(RecordWriter.TOO_LARGE, 1));
    assertThat(w.values()).hasSize(1);

    RecordWriter l = write(RecordEncoding.TEXT, 5, lines("short", "too long"));
    assertThat(l.drops()).isEqualTo(Map.of(RecordWriter.TOO_LARGE, 1));
    assertThat(l.values().getFirst().items()).isEqualTo(1);
  }

  @Test
  void restoresLinesWithStreamsAndTenant() {
    Batch b = lines("one", "two", "three");
    for (int max : new int[] {1_000_000, 230}) {
      RecordWriter w = write(RecordEncoding.CLYMENE_LOGS, max, b);
      List<Batch> back = read(RecordEncoding.CLYMENE_LOGS, Signal.LOGS, w);
      assertThat(back.stream().flatMap(x -> bodies(x).stream()))
          .containsExactly("one", "two", "three");
      assertThat(back).allMatch(x -> x.metadata().get("x-scope-orgid").equals(List.of("t")));
      assertThat(
              new OtlpReader()
                  .logs(back.getFirst().body(), 0, back.getFirst().size())
                  .resources()
                  .getFirst()
                  .resource()
                  .attributes()
                  .getString("app"))
          .isEqualTo("shop");
    }
    assertThat(
            read(RecordEncoding.TEXT, Signal.LOGS, write(RecordEncoding.TEXT, 1000, b)).stream()
                .flatMap(x -> bodies(x).stream()))
        .containsExactly("one", "two", "three");
  }

  /** The bodies of a batch as records of an encoding. */
  private static List<String> records(RecordEncoding e, Batch b) {
    return write(e, 1000, b).values().stream()
        .flatMap(v -> LengthPrefixedValues.values(v.bytes()).stream())
        .map(v -> new String(v, StandardCharsets.UTF_8))
        .toList();
  }

  private static String[] all(String first, String[] then, String... more) {
    List<String> out = new ArrayList<>(List.of(first));
    out.addAll(List.of(then));
    out.addAll(List.of(more));
    return out.toArray(String[]::new);
  }

  /** Each with its own reason, and with how many. */
  @Test
  void countsDropsByReason() {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "m", "v", "x".repeat(3000)));
    w.sample(T, 1).sample(T + 1, 1).endSeries();
    w.beginSeries(Labels.of("__name__", "none")).sample(T, Double.NaN).endSeries();
    w.beginSeries(Labels.of("__name__", "fits")).sample(T, 1).endSeries();
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 4, 1);
    RecordWriter flat = write(RecordEncoding.CLYMENE_FLAT, 1000, b);
    assertThat(flat.drops()).isEqualTo(Map.of(RecordWriter.TOO_LARGE, 2, RecordWriter.NO_PLACE, 1));
    assertThat(flat.values().stream().mapToInt(RecordWriter.Value::items).sum()).isEqualTo(1);
  }

  /** As the Collector's marshaler of that name: bytes unchanged, everything else as JSON. */
  @Test
  void writesRawBodiesAsJsonUnlessBytes() {
    Attributes map = new Attributes();
    map.put("n", 1L);
    map.put("f", 2.0);
    map.put("a", "x\"<");
    ArrayValue list = new ArrayValue();
    list.add(true);
    list.add(map);
    list.add(null);
    byte[] noText = {'b', 0, (byte) 0xff};
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    Object[] bodies = {
      "li\"ne",
      5L,
      0.5,
      1.0,
      -0.0,
      1e20,
      1e21,
      123456789.5,
      1e-6,
      1e-7,
      5e-324,
      true,
      list,
      map,
      "",
      noText
    };
    for (Object body : bodies) {
      LogRecord l = new LogRecord();
      l.setBody(body);
      scope.items().add(l);
    }
    scope.items().add(new LogRecord()); // without a body
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.scopes().add(scope);
    LogsData logs = new LogsData();
    logs.resources().add(group);
    Batch b =
        new Batch(
            Signal.LOGS,
            Encoding.OTLP,
            new OtlpWriter().write(logs),
            bodies.length + 1,
            0,
            Metadata.NONE);
    String object = "{\"a\":\"x\\\"\\u003c\",\"f\":2,\"n\":1}";
    String[] numbers = {
      "5",
      "0.5",
      "1",
      "-0",
      "100000000000000000000",
      "1e+21",
      "123456789.5",
      "0.000001",
      "1e-7",
      "5e-324"
    };
    String bytes = new String(noText, StandardCharsets.UTF_8);
    assertThat(records(RecordEncoding.RAW, b))
        .containsExactly(
            all(
                "\"li\\\"ne\"",
                numbers,
                "true",
                "[true," + object + ",null]",
                object,
                "\"\"",
                bytes));
    assertThat(write(RecordEncoding.RAW, 1000, b).drops())
        .isEqualTo(Map.of(RecordWriter.NO_BODY, 1));
    String text = object.replace("\\u003c", "<");
    assertThat(records(RecordEncoding.TEXT, b))
        .containsExactly(
            all("li\"ne", numbers, "true", "[true," + text + ",null]", text, "", bytes, ""));
    byte[] record = {'{', (byte) 0xfe, '"'};
    Batch back =
        new RecordReader(Signal.LOGS, new RecordEncoding.Reading(RecordEncoding.RAW))
            .read(record, T, 0, Metadata.NONE, Map.of())
            .batch();
    assertThat(
            LengthPrefixedValues.values(
                write(RecordEncoding.RAW, 1000, back).values().getFirst().bytes()))
        .containsExactly(record);
  }

  @Test
  void rejectsCorruptValues() {
    byte[] noise = "\u00ff\u0001 no such thing".getBytes(StandardCharsets.ISO_8859_1);
    for (RecordEncoding e : RecordEncoding.values()) {
      if (e != RecordEncoding.RAW && e != RecordEncoding.TEXT) { // which any bytes are
        Signal s = e.signals().iterator().next();
        assertThatThrownBy(
                () ->
                    new RecordReader(s, new RecordEncoding.Reading(e))
                        .read(noise, T, 1, Metadata.NONE, Map.of())
                        .batch())
            .as(e.word())
            .isInstanceOf(CodecException.class);
      }
    }
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, noise, 1, 1);
    assertThatThrownBy(() -> write(RecordEncoding.CLYMENE_JSON, 1000, b))
        .isInstanceOf(NotEncodableException.class);
  }

  @Test
  void readsRecordsOfOtherSystems() {
    Batch json =
        new RecordReader(Signal.LOGS, new RecordEncoding.Reading(RecordEncoding.JSON))
            .read(
                "{\"a\":[1,\"b\"]}".getBytes(StandardCharsets.UTF_8), T, 0, Metadata.NONE, Map.of())
            .batch();
    LogsData logs = (LogsData) json.takeTree();
    LogRecord r = logs.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(String.valueOf(r.body())).isEqualTo("{a=[1, b]}");
    assertThat(r.timeUnixNano()).isEqualTo(T * 1_000_000);
    Batch text =
        new RecordReader(Signal.LOGS, new RecordEncoding.Reading(RecordEncoding.TEXT))
            .read(new byte[] {'a', (byte) 0xff}, T, 0, Metadata.NONE, Map.of())
            .batch();
    assertThat(text.items()).isEqualTo(1);
    Batch spans =
        new RecordReader(Signal.TRACES, new RecordEncoding.Reading(RecordEncoding.ZIPKIN_JSON))
            .read(
                "[{\"traceId\":\"a\",\"id\":\"b\",\"name\":\"x\"}]"
                    .getBytes(StandardCharsets.UTF_8),
                T,
                0,
                Metadata.NONE,
                Map.of())
            .batch();
    assertThat(spans.items()).isEqualTo(1);
    assertThatThrownBy(
            () ->
                new RecordReader(
                        Signal.TRACES, new RecordEncoding.Reading(RecordEncoding.ZIPKIN_JSON))
                    .read("[{}]".getBytes(StandardCharsets.UTF_8), T, 0, Metadata.NONE, Map.of())
                    .batch())
        .isInstanceOf(CodecException.class);
  }

  /** By the numbers of jaeger-idl's model.proto. */
  private static byte[] jaegerSpan(int idBytes) {
    ProtoWriter w = new ProtoWriter();
    w.bytes(1, new byte[idBytes])
        .bytes(2, new byte[] {0, 0, 0, 0, 0, 0, 0, 7})
        .string(3, "checkout");
    int start = w.begin(6);
    w.int64(1, 1_700_000_000L).int64(2, 5);
    w.end(start);
    int process = w.begin(10);
    w.string(1, "shop");
    w.end(process);
    return w.toByteArray();
  }

  @Test
  void readsJaegerSpans() {
    byte[] id = jaegerSpan(16);
    id[17] = 9; // the last byte of the trace id
    RecordReader reader =
        new RecordReader(Signal.TRACES, new RecordEncoding.Reading(RecordEncoding.JAEGER_PROTO));
    TracesData t = (TracesData) reader.read(id, T, 0, Metadata.NONE, Map.of()).batch().takeTree();
    assertThat(t.resources().getFirst().resource().attributes().getString("service.name"))
        .isEqualTo("shop");
    Span s = t.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(s.name()).isEqualTo("checkout");
    assertThat(s.spanId()).isEqualTo(7);
    assertThat(s.startTimeUnixNano()).isEqualTo(1_700_000_000_000_000_005L);
    for (byte[] bad : new byte[][] {jaegerSpan(17), {10, 100, 1}}) {
      assertThatThrownBy(() -> reader.read(bad, T, 0, Metadata.NONE, Map.of()).batch())
          .isInstanceOf(CodecException.class);
    }
  }

  private static RecordReader reader(RecordEncoding e) {
    return new RecordReader(
        e.signals().iterator().next(), new RecordEncoding.Reading(e, StandardCharsets.UTF_8));
  }

  @Test
  void readsJaegerSpansAsJson() {
    String json =
        """
        {"traceId": "AAAAAAAAAAkAAAAAAAAAEQ==", "spanId": "AAAAAAAAAAM=", "operationName": "checkout",
         "references": [
           {"traceId": "AAAAAAAAAAkAAAAAAAAAEQ==", "spanId": "AAAAAAAAAAQ="},
           {"refType": "FOLLOWS_FROM", "traceId": "AAAAAAAAAP8=", "spanId": "AAAAAAAAAP8="}],
         "startTime": "2017-01-26T16:46:31.639875139Z", "duration": "0.000005100s",
         "tags": [
           {"key": "span.kind", "vStr": "server"}, {"key": "text", "vType": "STRING", "vStr": "x"},
           {"key": "truth", "vType": "BOOL", "vBool": true},
           {"key": "number", "vType": "INT64", "vInt64": "9223372036854775807"},
           {"key": "real", "v_type": 3, "v_float64": 2.5},
           {"key": "bytes", "vType": "BINARY", "vBinary": "AAEC"}],
         "logs": [{"timestamp": "2017-01-26T16:46:31.639875Z",
                   "fields": [{"key": "event", "vStr": "half way"}, {"key": "n", "vType": "INT64"}]}],
         "process": {"serviceName": "shop", "tags": [{"key": "hostname", "vStr": "h"}]},
         "processId": "", "warnings": []}
        """;
    RecordReader reader = reader(RecordEncoding.JAEGER_JSON);
    TracesData t =
        (TracesData)
            reader
                .read(json.getBytes(StandardCharsets.UTF_8), T, 0, Metadata.NONE, Map.of())
                .batch()
                .takeTree();
    assertThat(t.resources().getFirst().resource().attributes().toString())
        .isEqualTo("{service.name=shop, host.name=h}");
    Span s = t.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(List.of(s.traceIdHigh(), s.traceIdLow(), s.spanId(), s.parentSpanId()))
        .containsExactly(9L, 17L, 3L, 4L);
    assertThat(s.kind()).isEqualTo(2);
    assertThat(s.startTimeUnixNano()).isEqualTo(1_485_449_191_639_875_139L);
    assertThat(s.endTimeUnixNano() - s.startTimeUnixNano()).isEqualTo(5100);
    assertThat(s.links()).hasSize(1);
    assertThat(s.links().getFirst().traceIdLow()).isEqualTo(255);
    assertThat(s.events().getFirst().name()).isEqualTo("half way");
    assertThat(s.attributes().get("number")).isEqualTo(Long.MAX_VALUE);
    assertThat(s.attributes().get("real")).isEqualTo(2.5);
    assertThat(s.attributes().get("truth")).isEqualTo(true);
    assertThat((byte[]) s.attributes().get("bytes")).containsExactly(0, 1, 2);
    for (String bad :
        new String[] {
          "{}",
          "[]",
          json.replace("AAAAAAAAAAM=", "AAAA"),
          json.replace("0.000005100s", "5"),
          json.replace("INT64", "INT"),
          json.replace("31.639875139Z", ""),
          json.replace("\"tags\": [", "\"tags\": [7,")
        }) {
      assertThatThrownBy(
              () ->
                  reader
                      .read(bad.getBytes(StandardCharsets.UTF_8), T, 0, Metadata.NONE, Map.of())
                      .batch())
          .as(bad)
          .isInstanceOf(CodecException.class);
    }
  }

  /** Output is read with Zipkin's own library. */
  @Test
  void writesSpansAsZipkinLists() {
    TracesData d = new TracesData();
    ResourceGroup<Span> group = new ResourceGroup<>();
    group.resource().attributes().put("service.name", "shop");
    ScopeGroup<Span> scope = new ScopeGroup<>();
    for (int i = 0; i < 10; i++) {
      Span s = new Span();
      s.setTraceId(1, 2);
      s.setSpanId(i + 1);
      s.setName("get \"" + i + "\"");
      s.setKind(2);
      s.setStartTimeUnixNano(T * 1_000_000);
      s.setEndTimeUnixNano(T * 1_000_000 + 7000);
      scope.items().add(s);
    }
    scope.items().getLast().setName("x".repeat(2000)); // larger than a record
    group.scopes().add(scope);
    d.resources().add(group);
    Batch b = new Batch(Signal.TRACES, Encoding.OTLP, new OtlpWriter().write(d), 10, 5);
    for (RecordEncoding e : List.of(RecordEncoding.ZIPKIN_JSON, RecordEncoding.ZIPKIN_PROTO)) {
      RecordWriter w = new RecordWriter(e, 300, 1, CLOCK);
      w.write(b);
      List<zipkin2.Span> read = new ArrayList<>();
      int items = 0;
      for (RecordWriter.Value v : w.values()) {
        assertThat(v.bytes().length).isLessThanOrEqualTo(300);
        assertThat(v.lane()).isEqualTo(5);
        items += v.items();
        read.addAll(
            (e == RecordEncoding.ZIPKIN_JSON
                    ? zipkin2.codec.SpanBytesDecoder.JSON_V2
                    : zipkin2.codec.SpanBytesDecoder.PROTO3)
                .decodeList(v.bytes()));
      }
      assertThat(w.values().size()).as(e.word()).isBetween(2, 9);
      assertThat(items).isEqualTo(9);
      assertThat(w.drops()).isEqualTo(Map.of(RecordWriter.TOO_LARGE, 1));
      assertThat(read).hasSize(9);
      assertThat(read.get(3).name()).isEqualTo("get \"3\"");
      assertThat(read.get(3).localServiceName()).isEqualTo("shop");
      assertThat(read.get(8).id()).isEqualTo("0000000000000009");
    }
  }

  /** Hashes of the published test vectors of FNV-1a: 0xe40c292c and 0xbf9cf968. */
  @Test
  void partitionsKeysLikeSarama() {
    assertThat(SaramaPartitioner.of("a".getBytes(StandardCharsets.UTF_8), 7)).isEqualTo(6);
    assertThat(SaramaPartitioner.of("foobar".getBytes(StandardCharsets.UTF_8), 1000))
        .isEqualTo(576);
  }

  @Test
  void readsZipkinSpansAsThrift() {
    zipkin2.Span span =
        zipkin2.Span.newBuilder()
            .traceId("463ac35c9f6413ad48485a3953bb6124")
            .id("2")
            .kind(zipkin2.Span.Kind.SERVER)
            .name("get")
            .timestamp(T * 1000)
            .duration(7)
            .localEndpoint(zipkin2.Endpoint.newBuilder().serviceName("shop").build())
            .build();
    TracesData t =
        (TracesData)
            reader(RecordEncoding.ZIPKIN_THRIFT)
                .read(
                    zipkin2.codec.SpanBytesEncoder.THRIFT.encodeList(List.of(span)),
                    T,
                    0,
                    Metadata.NONE,
                    Map.of())
                .batch()
                .takeTree();
    Span s = t.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(s.traceIdLow()).isEqualTo(0x48485a3953bb6124L);
    assertThat(s.kind()).isEqualTo(2);
    assertThat(s.endTimeUnixNano()).isEqualTo(T * 1_000_000 + 7000);
  }

  /** By Azure Monitor's common schema of resource logs. */
  @Test
  void readsAzureResourceLogs() {
    String json =
        """
        {"records": [
          {"time": "2022-11-11T04:48:27.6767145Z", "resourceId": "/A", "operationName": "read",
           "category": "AuditEvent", "level": "Warning", "durationMs": "86", "tenantId": "t",
           "resultType": "Success", "callerIpAddress": "10.0.0.1", "location": "ukso",
           "identity": {"claim": {"oid": "x"}}, "properties": {"string": "s", "int": 7}},
          {"timeStamp": "2022-11-11T04:48:28Z", "resourceId": "/B", "Level": 4, "category": "c"},
          {"time": "yesterday", "resourceId": "/A", "category": "c"}]}
        """;
    RecordReader reader = reader(RecordEncoding.AZURE_RESOURCE_LOGS);
    LogsData logs =
        (LogsData)
            reader
                .read(json.getBytes(StandardCharsets.UTF_8), T, 0, Metadata.NONE, Map.of())
                .batch()
                .takeTree();
    assertThat(logs.resources()).hasSize(2);
    assertThat(logs.resources().getFirst().resource().attributes().toString())
        .isEqualTo("{azure.resource.id=/A}");
    List<LogRecord> first = logs.resources().getFirst().scopes().getFirst().items();
    LogRecord l = first.getFirst();
    assertThat(l.timeUnixNano()).isEqualTo(1_668_142_107_676_714_500L);
    assertThat(l.severityNumber()).isEqualTo(13);
    assertThat(l.attributes().get("azure.duration")).isEqualTo(86L);
    assertThat(l.attributes().get("net.sock.peer.addr")).isEqualTo("10.0.0.1");
    assertThat(l.attributes().get("cloud.region")).isEqualTo("ukso");
    assertThat(String.valueOf(l.attributes().get("azure.properties")))
        .isEqualTo("{string=s, int=7}");
    assertThat(first.get(1).timeUnixNano()).isZero();
    assertThat(first.get(1).observedTimeUnixNano()).isEqualTo(T * 1_000_000);
    assertThat(logs.resources().get(1).scopes().getFirst().items().getFirst().severityNumber())
        .isEqualTo(4);
    for (String bad : new String[] {"{}", "[]", "{\"records\": [1]}", "{\"records\": 1}"}) {
      assertThatThrownBy(
              () ->
                  reader
                      .read(bad.getBytes(StandardCharsets.UTF_8), T, 0, Metadata.NONE, Map.of())
                      .batch())
          .as(bad)
          .isInstanceOf(CodecException.class);
    }
  }

  @Test
  void readsTextInItsCharacterSet() {
    KafkaReceiverSettings s =
        KafkaReceiverSettings.TYPE.read(
            YamlDocument.parse("a.yml", null, "logs: {encoding: text_shift_jis}").root());
    Batch b =
        new RecordReader(
                Signal.LOGS,
                java.util.Objects.requireNonNull(
                    java.util.Objects.requireNonNull(s.topics().get(Signal.LOGS)).reading()))
            .read("日本".getBytes(Charset.forName("Shift_JIS")), T, 0, Metadata.NONE, Map.of())
            .batch();
    assertThat(bodies(b)).containsExactly("日本");
    assertThatThrownBy(
            () ->
                KafkaReceiverSettings.TYPE.read(
                    YamlDocument.parse("a.yml", null, "logs: {encoding: text_klingon}").root()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a.yml:1:18")
        .hasMessageContaining("klingon");
  }
}
