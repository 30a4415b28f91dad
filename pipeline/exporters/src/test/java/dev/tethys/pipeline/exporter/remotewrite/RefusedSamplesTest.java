package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.web.client.HttpClientFactory;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Destinations of remote write 1.0 that reject a request for one of its samples. */
class RefusedSamplesTest {
  private static final long TIME = 1_700_000_000_000L;

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final RemoteWriteMetrics metrics = new RemoteWriteMetrics(new Registry());
  private TestReceiver receiver;

  @BeforeEach
  void start() throws Exception {
    receiver = new TestReceiver();
  }

  @AfterEach
  void close() {
    receiver.close();
    clients.close();
  }

  /**
   * Delivers valid samples of a rejected request.
   *
   * @param says whether the destination reports that it wrote nothing
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void deliversValidSamplesOfARejectedRequest(boolean says) throws Exception {
    RemoteWriteConfig c =
        RemoteWriteConfig.readAll(
                YamlDocument.parse("t.yml", null, "- url: " + receiver.url()).root().items(),
                NameScheme.UTF8)
            .getFirst();
    RemoteWriteSender sender =
        new RemoteWriteSender(
            c,
            clients.client(c.client()),
            metrics.of(c.id(), c.shownUrl()),
            () -> Instant.ofEpochMilli(TIME));
    TestReceiver.Answer refused =
        new TestReceiver.Answer(
            400,
            says ? Map.of("X-Prometheus-Remote-Write-Samples-Written", "0") : Map.of(),
            "out of order sample");
    receiver.answers.add(refused); // all
    receiver.answers.add(refused); // the older sample alone
    RequestWriter w = new RequestWriter(RemoteWriteMessage.V1);
    w.begin(Labels.of("__name__", "old"));
    w.sample(0, TIME - 1000, 1);
    w.end();
    w.begin(Labels.of("__name__", "good"));
    w.sample(0, TIME, 2);
    w.end();
    EncodedRequest request = w.take(0, Map.of());
    assertThat(sender.send(request))
        .isInstanceOfSatisfying(
            SendResult.PerItem.class,
            v -> {
              assertThat(v.delivered()).isEqualTo(1);
              assertThat(v.refused()).hasSize(1);
            });
    assertThat(receiver.samples).extracting(g -> g.labels().metricName()).containsExactly("good");
  }
}
