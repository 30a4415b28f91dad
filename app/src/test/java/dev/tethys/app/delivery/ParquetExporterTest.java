package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.ClickHouseProcess;
import dev.tethys.testkit.Shared;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Files that a pipeline made are read by ClickHouse's engine, sample by sample. */
@Tag("contrib")
class ParquetExporterTest extends ExporterContract {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Override
  Peer start() throws Exception {
    return startIn(folder);
  }

  @Override
  Peer startIn(Path in) {
    Shared.npm("chdb");
    Path files = in.resolve("files");
    return new Peer() {
      @Override
      public int port() {
        return 0;
      }

      @Override
      public String exporter() {
        return "parquet";
      }

      @Override
      public String exporterKeys(int at) {
        return "directory: '" + files + "', max_file_age: 100ms, max_samples_per_send: 2000";
      }

      @Override
      public Histograms histograms() {
        return Histograms.WHOLE;
      }

      @Override
      public boolean isProxied() {
        return false;
      }

      @Override
      public boolean isIdempotent() {
        return false;
      }

      @Override
      public void read(Found into) throws Exception {
        Path data = Files.createTempDirectory(in, "chdb");
        String sql =
            "SELECT metric, labels, toUnixTimestamp64Milli(timestamp) AS t,"
                + " toString(reinterpretAsUInt64(assumeNotNull(value))) AS bits, histogram FROM"
                + " file('"
                + files
                + "/metrics/**/*.parquet', Parquet) FORMAT JSONEachRow";
        try (ClickHouseProcess reader = new ClickHouseProcess(data, "")) {
          ask(reader, sql).lines().forEach(line -> row(JSON.readTree(line), into));
        }
      }

      @Override
      public void close() {
        // there is only the folder
      }
    };
  }

  private static void row(JsonNode n, Found into) {
    Map<String, String> labels = new HashMap<>();
    n.path("labels").properties().forEach(l -> labels.put(l.getKey(), l.getValue().asString()));
    Labels series = Found.labels(n.path("metric").asString(), labels);
    long t = n.path("t").asLong();
    String histogram = n.path("histogram").asString("");
    if (histogram.isEmpty()) {
      long bits = Long.parseUnsignedLong(n.path("bits").asString());
      into.sample(series, t, Double.longBitsToDouble(bits));
    } else {
      JsonNode h = JSON.readTree(histogram);
      into.histogram(series, t, h.path("count").asDouble(), h.path("sum").asDouble());
    }
  }

  private static Batch batch(Signal signal, OtlpSignal of, String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    return new Batch(
        signal, Encoding.OTLP, OtlpJson.toProtobuf(of, b, 0, b.length).toByteArray(), 1, 0);
  }

  private static final String RESOURCE =
      "\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"web/1\"}}]}";

  private void write(Signal signal, Batch batch, Path files) throws Exception {
    String keys =
        "directory: '" + files + "', max_file_bytes: 1, partition: '{signal}/s={service.name}'";
    try (TestPipeline p = new TestPipeline(signal, "parquet", keys)) {
      p.send(batch);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(1);
    }
  }

  @Test
  void writesColumnsOfLogsAndSpans() throws Exception {
    Shared.npm("chdb");
    Path files = folder.resolve("files");
    write(
        Signal.LOGS,
        batch(
            Signal.LOGS,
            OtlpSignal.LOGS,
            """
            {"resourceLogs":[{%s,"scopeLogs":[{"scope":{"name":"s"},"logRecords":[
            {"observedTimeUnixNano":"1700000000000000001","spanId":"0102030405060708","flags":1,
             "severityText":"WARN","severityNumber":13,"body":{"stringValue":"zoë's \\"line\\""},
             "attributes":[{"key":"n","value":{"intValue":"7"}}]}]}]}]}
            """
                .formatted(RESOURCE)),
        files);
    write(
        Signal.TRACES,
        batch(
            Signal.TRACES,
            OtlpSignal.TRACES,
            """
            {"resourceSpans":[{%s,"scopeSpans":[{"spans":[
            {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"GET /",
             "kind":2,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000001500",
             "status":{"code":2,"message":"bad"},"events":[{"name":"e","timeUnixNano":"17"}]}]}]}]}
            """
                .formatted(RESOURCE)),
        files);
    Path data = java.nio.file.Files.createDirectories(folder.resolve("chdb"));
    try (ClickHouseProcess reader = new ClickHouseProcess(data, "")) {
      assertThat(
              ask(
                  reader,
                  "SELECT toUnixTimestamp64Nano(timestamp), trace_id IS NULL, span_id, service,"
                      + " resource_attributes, scope_name, attributes['n'], flags, severity_number,"
                      + " severity_text, body FROM file('"
                      + files
                      + "/logs/s=web_x2F1/*.parquet', Parquet) FORMAT TSVRaw"))
          .isEqualTo(
              "1700000000000000001\t1\t0102030405060708\tweb/1\t{'service.name':'web/1'}\ts\t7\t1"
                  + "\t13\tWARN\tzoë's \"line\"\n");
      assertThat(
              ask(
                  reader,
                  "SELECT trace_id, parent_span_id IS NULL, name, kind, status, status_message,"
                      + " duration_nanos, events FROM file('"
                      + files
                      + "/traces/s=web_x2F1/*.parquet', Parquet) FORMAT TSVRaw"))
          .isEqualTo(
              "0102030405060708090a0b0c0d0e0f10\t1\tGET /\tserver\terror\tbad\t1500\t"
                  + "[{\"time_unix_nano\":17,\"name\":\"e\",\"attributes\":{}}]\n");
    }
  }

  private static String ask(ClickHouseProcess of, String sql) throws Exception {
    String url = of.url() + "/?query=" + URLEncoder.encode(sql, StandardCharsets.UTF_8);
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
          .body();
    }
  }
}
