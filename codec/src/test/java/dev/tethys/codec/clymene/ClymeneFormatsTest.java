package dev.tethys.codec.clymene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.telemetry.LogRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ClymeneFormatsTest {
  private static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> samples(WriteRequestWriter w) {
    List<String> out = new ArrayList<>();
    WriteRequestReader in = new WriteRequestReader().reset(w.buffer(), 0, w.size());
    while (in.nextSeries()) {
      Labels l =
          WriteRequestReader.LABELS.decode(in.labelBuffer(), in.labelOffset(), in.labelLength());
      while (in.next() != SeriesEvent.END) {
        out.add(l.toSeriesString() + " " + in.value() + " @" + in.timestamp());
      }
    }
    return out;
  }

  private static byte[] request(double... values) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < values.length; i++) {
      w.beginSeries(Labels.of("__name__", "m" + i, "value", "v", "ü", "\"\n"));
      w.sample(1_700_000_000_123L + i, values[i]).endSeries();
    }
    return w.toByteArray();
  }

  /** As protobuf's JSON mapping in Go leaves it: zero values absent, integers as text. */
  @Test
  void readsRemoteWriteJsonFromGo() {
    byte[] json =
        utf8(
            """
            {"timeseries":[{"labels":[{"name":"__name__","value":"up"},{"name":"job","value":"a"}],
            "samples":[{"value":1,"timestamp":"1700000000000"},{"timestamp":"1700000015000"},
            {"value":"NaN","timestamp":"1700000030000"}]}]}
            """);
    SeriesJson.Request r = SeriesJson.read(json, 0, json.length, new RejectedItems());
    assertThat(r.samples()).isEqualTo(3);
    assertThat(samples(r.body()))
        .containsExactly(
            "up{job=\"a\"} 1.0 @1700000000000",
            "up{job=\"a\"} 0.0 @1700000015000",
            "up{job=\"a\"} NaN @1700000030000");
  }

  @Test
  void writesRemoteWriteAsJsonAndReadsItBack() {
    byte[] request = request(1.5, Double.NEGATIVE_INFINITY, Double.NaN, 0);
    SeriesJson.EncodedSeries w = SeriesJson.write(request, 0, request.length);
    assertThat(w.samples()).isEqualTo(4);
    assertThat(new String(w.json(), StandardCharsets.UTF_8))
        .contains("{\"value\":\"-Infinity\",\"timestamp\":\"1700000000124\"}");
    SeriesJson.Request back = SeriesJson.read(w.json(), 0, w.json().length, new RejectedItems());
    assertThat(back.body().toByteArray()).isEqualTo(request);
  }

  @Test
  void rowsAreFlatLinesAndReportOmissions() {
    byte[] request = request(1.5, Double.NaN);
    SeriesJson.EncodedSeries w = FlatRows.write(request, 0, request.length);
    assertThat(new String(w.json(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"__name__\":\"m0\",\"exported_value\":\"v\",\"ü\":\"\\\"\\n\","
                + "\"timestamp\":\"2023-11-14T22:13:20.123Z\",\"value\":1.5}\n");
    assertThat(w.samples()).isEqualTo(1);
    assertThat(w.leftOut()).isEqualTo(1);
  }

  @Test
  void countsExemplarsAndMetadataTheFormatCannotHold() {
    WriteRequestWriter out = new WriteRequestWriter();
    out.beginSeries(Labels.of("__name__", "m_total"))
        .sample(1_000, 1)
        .exemplar(new Exemplar(Labels.of("trace_id", "t"), 1, 1_000))
        .endSeries()
        .metadata("m_total", new MetricMetadata(MetricType.COUNTER, "help", ""));
    byte[] request = out.toByteArray();
    for (SeriesJson.EncodedSeries w :
        List.of(
            SeriesJson.write(request, 0, request.length),
            FlatRows.write(request, 0, request.length))) {
      assertThat(w.samples()).isEqualTo(1);
      assertThat(w.leftOut()).isZero();
      assertThat(w.exemplars()).isEqualTo(1);
      assertThat(w.metadata()).isEqualTo(1);
    }
  }

  @Test
  void labelsOfRowsDoNotOverrideEachOther() {
    WriteRequestWriter out = new WriteRequestWriter();
    Labels both = Labels.of("__name__", "m", "value", "a", "exported_value", "b");
    out.beginSeries(both).sample(1_000, 1).endSeries();
    byte[] request = out.toByteArray();
    assertThat(
            new String(FlatRows.write(request, 0, request.length).json(), StandardCharsets.UTF_8))
        .contains("\"exported_value\":\"b\"", "\"exported_exported_value\":\"a\"");
  }

  @Test
  void readsRowsWithoutSeparators() {
    byte[] json =
        utf8(
            "{\"__name__\":\"up\",\"job\":\"a\",\"value\":1,\"timestamp\":\"2023-11-14T23:13:20+01:00\"}"
                + "{\"__name__\":\"up\",\"job\":\"b\",\"value\":0.5,\"timestamp\":1700000000000}");
    SeriesJson.Request r = FlatRows.read(json, 0, json.length, new RejectedItems());
    assertThat(r.samples()).isEqualTo(2);
    assertThat(samples(r.body()))
        .containsExactly("up{job=\"a\"} 1.0 @1700000000000", "up{job=\"b\"} 0.5 @1700000000000");
  }

  @Test
  void readsAndWritesLines() {
    byte[] json =
        utf8(
            """
            {"batch":{"streams":{"x":{"labels":"{job=\\"a\\", path=\\"C:\\\\\\\\b \\\\\\"q\\\\\\"\\"}",
            "entries":[{"ts":"2023-11-14T22:13:20.000000007Z","line":"one"},
            {"ts":"2023-11-14T23:13:21+01:00","line":"two\\n"}],"hash":0}},"bytes":6,
            "createdAt":"2023-11-14T22:13:25Z"},"tenantID":"t1"}
            """);
    LogBatchJson.Batch b = LogBatchJson.read(json, 0, json.length);
    assertThat(b.tenant()).isEqualTo("t1");
    assertThat(b.logs().itemCount()).isEqualTo(2);
    var resource = b.logs().resources().getFirst();
    assertThat(resource.resource().attributes().getString("path")).isEqualTo("C:\\b \"q\"");
    List<LogRecord> lines = resource.scopes().getFirst().items();
    assertThat(lines.getFirst().timeUnixNano()).isEqualTo(1_700_000_000_000_000_007L);
    assertThat(lines.getLast().body()).isEqualTo("two\n");

    byte[] written = LogBatchJson.write(b.logs(), "t1", Instant.parse("2023-11-14T22:13:25Z"));
    assertThat(new String(written, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"batch\":{\"streams\":{\"{job=\\\"a\\\", path=\\\"C:\\\\\\\\b"
                + " \\\\\\\"q\\\\\\\"\\\"}\":{\"labels\":\"{job=\\\"a\\\", path=\\\"C:\\\\\\\\b"
                + " \\\\\\\"q\\\\\\\"\\\"}\",\"entries\":[{\"ts\":\"2023-11-14T22:13:20.000000007Z\",\"line\":\"one\"},{\"ts\":\"2023-11-14T22:13:21Z\",\"line\":\"two\\n"
                + "\"}]}},\"bytes\":7,"
                + "\"createdAt\":\"2023-11-14T22:13:25Z\"},\"tenantID\":\"t1\"}");
  }

  @Test
  void describesErrors() {
    wrong("[]", "an object expected at line 1, column");
    wrong("{\"timeseries\":[", "remote write JSON: the text ends within ");
    wrong("{} {}", "unexpected data after the end");
    wrong("{\"timeseries\":[{\"samples\":[{\"value\":", "the text ends within");
  }

  private static void wrong(String json, String message) {
    byte[] b = utf8(json);
    assertThatThrownBy(() -> SeriesJson.read(b, 0, b.length, new RejectedItems()))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(message);
  }

  @Test
  void rejectsOnlyTheInvalidSeries() {
    String good =
        "{\"labels\":[{\"name\":\"__name__\",\"value\":\"up\"}],\"samples\":[{\"value\":1}]}";
    RejectedItems refusals = new RejectedItems();
    byte[] b =
        utf8(
            "{\"timeseries\":["
                + good
                + ",{\"labels\":[{\"value\":\"a\"}],\"samples\":[{\"value\":2}]},7,[[1],2],"
                + "{\"samples\":[{\"value\":\"x\"},{\"value\":3}]},"
                + "{\"samples\":[{\"timestamp\":\"9223372036854775808\"}]},"
                + good
                + "]}");
    SeriesJson.Request r = SeriesJson.read(b, 0, b.length, refusals);
    assertThat(r.samples()).isEqualTo(2);
    assertThat(refusals.kept())
        .extracting(x -> x.item() + ": " + x.why())
        .satisfiesExactly(
            x -> assertThat(x).isEqualTo("series 2: remote write JSON: a label has no name"),
            x -> assertThat(x).startsWith("series 3: remote write JSON: a series expected"),
            x -> assertThat(x).startsWith("series 4: remote write JSON: a series expected"),
            x -> assertThat(x).contains("series 5: ", "a value is \"x\"; it must be a number"),
            x -> assertThat(x).contains("series 6: ", "it must be an integer from"));
  }

  @Test
  void rejectsOnlyTheInvalidRow() {
    RejectedItems refusals = new RejectedItems();
    byte[] b =
        utf8(
            "{\"a\":\"b\",\"value\":1,\"timestamp\":1}{\"a\":\"b\",\"value\":1}[1,[2]]"
                + "{\"a\":{\"b\":1},\"value\":1}{\"value\":2,\"timestamp\":\"2023-11-14T22:13:20Z\"}");
    assertThat(FlatRows.read(b, 0, b.length, refusals).samples()).isEqualTo(2);
    assertThat(refusals.kept())
        .extracting(x -> x.item() + ": " + x.why())
        .containsExactly(
            "row 2: flat rows: a row has no timestamp",
            "row 3: flat rows: an object expected at line 1, column 53",
            "row 4: flat rows: label a must be text");
  }

  @Test
  void rejectsOnlyTheInvalidLine() {
    byte[] lines =
        utf8(
            "{\"batch\":{\"streams\":{\"{a=b}\":{\"entries\":[{\"line\":\"x\"}]},"
                + "\"{c=\\\"d\\\"}\":{\"entries\":[{\"line\":\"1\"},{\"ts\":\"now\",\"line\":\"2\"},"
                + "{\"line\":\"3\"}]},\"{e=\\\"f\\\"}\":7}}}");
    LogBatchJson.Batch b = LogBatchJson.read(lines, 0, lines.length);
    assertThat(b.logs().itemCount()).isEqualTo(2);
    assertThat(b.text())
        .contains(
            "log batch: stream {a=b}, entry 1: labels of a stream: a quote expected at character 3",
            "log batch: stream {c=\"d\"}, entry 2: log batch: ts is not a time: now",
            "log batch: stream {e=\"f\"}: log batch: a stream must be an object expected");
  }

  @Property(tries = 300)
  void rejectsDamagedInput(@ForAll @Size(max = 200) byte[] noise, @ForAll int at) {
    byte[] request = request(1, 2);
    byte[] good = SeriesJson.write(request, 0, request.length).json();
    byte[] damaged = good.clone();
    for (int i = 0; i < noise.length; i++) {
      damaged[Math.floorMod(at + i, damaged.length)] = noise[i];
    }
    for (byte[] b : List.of(noise, damaged)) {
      try {
        SeriesJson.read(b, 0, b.length, new RejectedItems());
      } catch (CodecException e) {
        assertThat(e).hasMessageContaining("remote write JSON");
      }
      try {
        FlatRows.read(b, 0, b.length, new RejectedItems());
      } catch (CodecException e) {
        assertThat(e).hasMessageContaining("flat rows");
      }
      try {
        LogBatchJson.read(b, 0, b.length);
      } catch (CodecException e) {
        assertThat(e).message().containsAnyOf("log batch", "labels of a stream");
      }
    }
  }
}
