package dev.tethys.pipeline.exporter.influx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class InfluxSenderTest {
  private static final String V2 = "org: o, bucket: 'b 1', token: t";
  private static final String V3 = "v3: {database: d}, token: t";
  private static final String V1 =
      "v1_compatibility: {enabled: true, db: d, username: u, password: p}";

  private HttpDouble influx;
  private HttpClientFactory http;

  @BeforeEach
  void start() throws IOException {
    influx = new HttpDouble();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    influx.close();
    http.close();
  }

  private InfluxSettings settings(String keys) {
    YamlDocument d =
        YamlDocument.parse("c.yaml", null, "{endpoint: '" + influx.url() + "/', " + keys + "}");
    InfluxSettings s = InfluxSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static LineRequestEncoder lines(InfluxSettings s) {
    return new LineRequestEncoder(
        s.client().compression(), s.client().level(), 1, "text/plain", null);
  }

  private List<EncodedRequest> encodedRequests(InfluxSettings s, Batch b) {
    Encoder.Encoded e =
        new RowRequestEncoder(
                s.rows(),
                false,
                () -> new InfluxWriter(s.clymene(), s.defaultTags()),
                lines(s),
                new UnsupportedItemCounter(new Registry(), "influxdb"))
            .encode(b);
    assertThat(e.drops()).isEmpty();
    return e.requests();
  }

  private InfluxSender sender(InfluxSettings s) {
    HttpEndpoint endpoint =
        new HttpEndpoint(s.client(), null, s.credentials(), s.delivery().timeout(), http, () -> 0);
    return new InfluxSender(
        s.version(),
        p -> s.writeUrl(Signal.METRICS, s.database().ofNothing()),
        endpoint,
        lines(s),
        s.createSchema()
            ? p -> new InfluxSchema(s, endpoint).make(s.database().ofNothing())
            : null);
  }

  private static Batch batch() {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "a", "x", "1 2")).sample(1000, 1.5).endSeries();
    w.beginSeries(Labels.of("__name__", "b", "x", "=\\")).sample(2000, Double.NaN).endSeries();
    Histogram h =
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            0,
            0.5,
            1,
            4,
            9,
            new int[] {0, 2},
            new double[] {1, 2},
            new int[0],
            new double[0],
            null);
    w.beginSeries(Labels.of("__name__", "h")).histogram(3000, h).endSeries();
    w.beginSeries(Labels.of("__name__", "c")).sample(4000, -0.0).endSeries();
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 4, 0);
  }

  @Test
  void writesSamplesAsLines() throws Exception {
    InfluxSettings s = settings(V2 + ", default_tags: {dc: here, x: other}");
    EncodedRequest p = encodedRequests(s, batch()).getFirst();
    assertThat(p.items()).isEqualTo(4);
    assertThat(sender(s).send(p)).isEqualTo(SendResult.DELIVERED);
    HttpDouble.Got got = influx.requests().getFirst();
    assertThat(got.path()).isEqualTo("/api/v2/write?org=o&bucket=b+1&precision=ms");
    assertThat(got.header("Authorization")).isEqualTo("Token t");
    assertThat(got.text())
        .isEqualTo(
            """
            a,dc=here,x=1\\ 2 value=1.5 1000
            b,dc=here,x=\\=%5C value_text="NaN" 2000
            h_bucket,dc=here,le=0.5,x=other value=1 3000
            h_bucket,dc=here,le=1.0,x=other value=2 3000
            h_bucket,dc=here,le=2.0,x=other value=4 3000
            h_bucket,dc=here,le=+Inf,x=other value=4 3000
            h_sum,dc=here,x=other value=9 3000
            h_count,dc=here,x=other value=4 3000
            c,dc=here,x=other value=-0 4000
            """);
  }

  @Test
  void usesAddressAndCredentialsOfEachVersion() throws Exception {
    influx.otherwise(204, "");
    for (String keys : List.of(V1, V3)) {
      InfluxSettings s = settings(keys);
      assertThat(sender(s).send(encodedRequests(s, batch()).getFirst()))
          .isEqualTo(SendResult.DELIVERED);
    }
    assertThat(influx.requests())
        .extracting(HttpDouble.Got::path)
        .containsExactly(
            "/write?db=d&precision=ms",
            "/api/v3/write_lp?db=d&precision=millisecond&accept_partial=true&no_sync=false");
    assertThat(influx.requests().get(0).header("Authorization")).isEqualTo("Basic dTpw");
    assertThat(influx.requests().get(1).header("Authorization")).isEqualTo("Bearer t");
  }

  @Test
  void reportsLinesThatVersion1CannotParse() throws Exception {
    InfluxSettings s = settings(V1);
    influx.answer(
        400,
        "{\"error\":\"partial write: unable to parse 'a,x=1\\\\ 2 value=1.5 1000': bad\\n"
            + " dropped=0\"}");
    SendResult.PerItem v =
        (SendResult.PerItem) sender(s).send(encodedRequests(s, batch()).getFirst());
    assertThat(v.delivered()).isEqualTo(3);
    assertThat(v.again()).isNull();
    assertThat(lines(s).open(v.refused().getFirst().request()).row(0)).startsWith("a,x=");
  }

  @Test
  void readsTheDropCountOfVersion1() throws Exception {
    InfluxSettings s = settings(V1);
    influx.answer(400, "{\"error\":\"partial write: field type conflict: x dropped=2\"}");
    assertThat(sender(s).send(encodedRequests(s, batch()).getFirst()))
        .isInstanceOfSatisfying(
            SendResult.Partial.class, p -> assertThat(p.refused()).isEqualTo(2));
  }

  @Test
  void retriesPointsWhenTheDiskIsFull() throws Exception {
    InfluxSettings s = settings(V1);
    influx.answer(
        400,
        "{\"error\":\"partial write: write /data/far/_series/04/0000: no space left on device"
            + " dropped=2\"}");
    assertThat(sender(s).send(encodedRequests(s, batch()).getFirst()))
        .isInstanceOf(SendResult.Retryable.class);
  }

  @Test
  void rejectsALineThatQuotesADiskError() throws Exception {
    InfluxSettings s = settings(V1);
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "a", "x", "no space left on device"));
    w.sample(1000, 1.5).endSeries();
    w.beginSeries(Labels.of("__name__", "b")).sample(1000, 2).endSeries();
    Batch two = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 2, 0);
    EncodedRequest p = encodedRequests(s, two).getFirst();
    String row = lines(s).open(p).row(0);
    influx.answer(
        400,
        "{\"error\":\"partial write: unable to parse '"
            + row.replace("\\", "\\\\")
            + "': bad dropped=0\"}");
    SendResult.PerItem v = (SendResult.PerItem) sender(s).send(p);
    assertThat(v.delivered()).isEqualTo(1);
    assertThat(lines(s).open(v.refused().getFirst().request()).row(0)).isEqualTo(row);
    influx.answer(
        400,
        "{\"error\":\"partial write: field type conflict: input field \\\"value\\\" on measurement"
            + " \\\"no space left on device\\\" is type float dropped=1\"}");
    assertThat(sender(s).send(p)).isInstanceOf(SendResult.Partial.class);
  }

  @Test
  void doesNotReportAFailedDatabaseAsCreated() throws Exception {
    InfluxSettings s = settings(V1 + ", create_schema: true");
    influx.when(
        g -> g.path().startsWith("/query"), 200, "{\"results\":[{\"error\":\"not authorized\"}]}");
    influx.answer(404, "{\"error\":\"database not found\"}");
    EncodedRequest p = encodedRequests(s, batch()).getFirst();
    assertThat(sender(s).send(p))
        .isInstanceOfSatisfying(
            SendResult.Retryable.class,
            v -> assertThat(v.reason()).startsWith("not made: ").endsWith(": not authorized"));
  }

  @Test
  void bisectsForVersion2() throws Exception {
    InfluxSettings s = settings(V2);
    influx.when(
        g -> g.text().contains("value=-0"), 400, "{\"code\":\"invalid\",\"message\":\"no\"}");
    List<EncodedRequest> todo = new ArrayList<>(encodedRequests(s, batch()));
    List<String> bad = new ArrayList<>();
    int delivered = 0;
    while (!todo.isEmpty()) {
      EncodedRequest p = todo.removeFirst();
      switch (sender(s).send(p)) {
        case SendResult.Delivered d -> delivered += p.items();
        case SendResult.Split i -> todo.addAll(0, i.requests());
        case SendResult.Permanent n -> bad.add(lines(s).open(p).row(0));
        case SendResult v -> throw new AssertionError(v);
      }
    }
    assertThat(delivered).isEqualTo(3);
    assertThat(bad).containsExactly("c value=-0 4000");
  }

  @Test
  void readsLineNumbersOfVersion3AndCountsHistogramsOnce() throws Exception {
    InfluxSettings s = settings(V3);
    influx.answer(
        400,
        "{\"error\":\"partial write of line protocol occurred\",\"data\":[{\"original_line\":\"h\","
            + "\"line_number\":4,\"error_message\":\"column type\"},{\"line_number\":5,"
            + "\"error_message\":\"column type\"}]}");
    SendResult.PerItem v =
        (SendResult.PerItem) sender(s).send(encodedRequests(s, batch()).getFirst());
    assertThat(v.delivered()).isEqualTo(3);
    EncodedRequest dead = v.refused().getFirst().request();
    assertThat(dead.items()).isEqualTo(1);
    LineRequestEncoder.Opened o = lines(s).open(dead);
    assertThat(o.index().rows()).isEqualTo(6);
    assertThat(o.row(5)).isEqualTo("h_count value=4 3000");
  }

  @Test
  void retriesErrorsThatOperatorsFix() throws Exception {
    InfluxSettings s = settings(V2);
    for (int status : new int[] {401, 403, 404, 429, 500, 503}) {
      influx.answer(status, "");
      assertThat(sender(s).send(encodedRequests(s, batch()).getFirst()))
          .as("" + status)
          .isInstanceOf(SendResult.Retryable.class);
    }
    influx.answer(413, "");
    assertThat(sender(s).send(encodedRequests(s, batch()).getFirst()))
        .isInstanceOf(SendResult.Split.class);
  }

  @Test
  void rejectsImpossibleSettings() {
    assertThatThrownBy(() -> settings("bucket: b"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("\"org\" must name");
    assertThatThrownBy(() -> settings(V1 + ", " + V3)).hasMessageContaining("only one API is used");
    assertThatThrownBy(() -> settings(V2 + ", metrics_schema: telegraf-prometheus-v1"))
        .isInstanceOf(ConfigException.class);
  }
}
