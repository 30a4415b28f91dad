package dev.tethys.pipeline.exporter.opentsdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.ExporterParts;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.web.client.HttpClientFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rejections that quote a point whose text looks like a server-side error. */
class QuotedPointsTest {
  private HttpDouble server;
  private HttpClientFactory http;

  @BeforeEach
  void start() throws Exception {
    server = new HttpDouble();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  private SendResult answered(int status, String answer) throws Exception {
    server.otherwise(status, answer);
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "hbase_timeout", "job", "a"))
        .sample(1_700_000_000_000L, 1)
        .endSeries();
    Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 0);
    OpenTsdbExporterFactory f = new OpenTsdbExporterFactory(http);
    YamlDocument d = YamlDocument.parse("c.yaml", null, "{endpoint: '" + server.url() + "'}");
    OpenTsdbSettings s = f.settings().read(d.root());
    d.refuseNotBuilt();
    ExporterParts p = ExporterParts.of(f, s, Signal.METRICS, new PlainContext(f.type()));
    try {
      return p.sender().send(p.encoder().encode(b).requests().getFirst());
    } finally {
      p.sender().close();
    }
  }

  private SendResult refused(String error) throws Exception {
    return answered(
        400,
        "{\"errors\":[{\"datapoint\":{\"metric\":\"hbase_timeout\",\"timestamp\":1700000000000,"
            + "\"value\":\"1\",\"tags\":{\"job\":\"a\"}},\"error\":\""
            + error
            + "\"}],\"failed\":1,\"success\":0}");
  }

  @Test
  void ignoresQuotedDataInPointErrors() throws Exception {
    for (String error :
        new String[] {
          "No such name for 'metrics': 'hbase_timeout'",
          "Invalid metric name (\\\"hbase_timeout\\\"): illegal character"
        }) {
      assertThat(refused(error))
          .isInstanceOfSatisfying(
              SendResult.PerItem.class,
              v -> {
                assertThat(v.refused()).hasSize(1);
                assertThat(v.again()).isNull();
              });
    }
    assertThat(refused("Storage exception of 'hbase_timeout'"))
        .isInstanceOfSatisfying(SendResult.PerItem.class, v -> assertThat(v.refused()).isEmpty());
  }

  @Test
  void readsOnlyTheMessageOfRequestErrors() throws Exception {
    assertThat(
            answered(
                400,
                "{\"error\":{\"code\":400,\"message\":\"Unable to parse the given JSON\","
                    + "\"details\":\"at [Source: {tags:{x:no space left on device}}]\"}}"))
        .isInstanceOf(SendResult.Permanent.class);
    assertThat(
            answered(
                400,
                "{\"error\":{\"code\":400,\"message\":\"java.io.IOException: No space left on"
                    + " device\"}}"))
        .isInstanceOf(SendResult.Retryable.class);
    assertThat(answered(400, "<p>no space left on device</p>"))
        .as("of somebody before it")
        .isInstanceOf(SendResult.Permanent.class);
  }
}
