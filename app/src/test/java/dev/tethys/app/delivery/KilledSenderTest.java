package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.pipeline.Batch;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One of our collectors with its queue on a disk is ended as by a power failure, at any moment,
 * again and again, while a client sends to it: all acknowledged samples are in the database in the
 * end. Duplicates are counted and reported.
 */
@Tag("contrib")
@Tag("slow")
class KilledSenderTest {
  private static final int SIZE = Integer.getInteger("tethys.samples", 20_000);

  @TempDir Path folder;

  private static Path config(Path folder, Peer peer, int port) throws IOException {
    String keys = peer.exporterKeys(peer.port());
    return Files.writeString(
        folder.resolve("collector.yaml"),
        """
        extensions: {file_storage: {directory: '%s'}}
        receivers: {prometheusremotewrite: {endpoint: '127.0.0.1:%d'}}
        exporters:
          %s: {%s%s,
            sending_queue: {storage: file_storage, num_consumers: 4},
            retry_on_failure: {initial_interval: 20ms, max_interval: 100ms}}
        service:
          extensions: [file_storage]
          telemetry: {metrics: {level: none}}

          pipelines: {metrics: {receivers: [prometheusremotewrite], exporters: [%s]}}
        """
            .formatted(
                Files.createDirectories(folder.resolve("queue")),
                port,
                peer.exporter(),
                keys,
                // small requests, where they can be: so that there are some at any moment
                peer.exporter().equals("datadog") || keys.contains("max_samples_per_send")
                    ? ""
                    : ", max_samples_per_send: 100",
                peer.exporter()));
  }

  private Peer peer(String destination) throws Exception {
    return switch (destination) {
      case "influxdb" -> new InfluxPeer(folder);
      case "statsd" -> new StatsdPeer();
      case "nats" -> new NatsContractTest().startIn(folder);
      case "splunk_hec" -> new SplunkContractTest().start();
      case "datadog" -> new DatadogContractTest().start();
      case "graphite" -> new CarbonContractTest().start();
      case "opentsdb" -> new OpenTsdbExporterTest().start();
      case "tdengine" -> new TdengineLinesTest().start();
      case "parquet" -> new ParquetExporterTest().startIn(folder);
      case "kdb" -> new KdbExporterTest().start();
      default -> throw new IllegalArgumentException(destination);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"influxdb", "statsd", "nats", "parquet"})
  void deliversAcceptedSamplesAfterKill(String destination) throws Exception {
    arrives(destination);
  }

  @ParameterizedTest
  @ValueSource(strings = {"splunk_hec", "datadog", "graphite", "opentsdb", "tdengine", "kdb"})
  void deliversAcceptedSamplesAfterKillToSlowDestinations(String destination) throws Exception {
    ExporterContract.takesMinutes();
    arrives(destination);
  }

  private void arrives(String destination) throws Exception {
    int port = Ports.free();
    URI url = URI.create("http://127.0.0.1:" + port + "/api/v1/write");
    try (Peer peer = peer(destination);
        KilledCollector collector =
            new KilledCollector(
                folder,
                config(folder, peer, port),
                port,
                b ->
                    HttpRequest.newBuilder(url)
                        .header("Content-Encoding", "snappy")
                        .header("Content-Type", "application/x-protobuf")
                        .POST(
                            HttpRequest.BodyPublishers.ofByteArray(
                                SnappyBlock.encode(b.body(), 0, b.size()))))) {
      KnownSamples known = new KnownSamples(SIZE, false, false, peer);
      int doubtful = collector.feed(known.batches());
      Found[] found = {new Found()};
      TestPipeline.await(
          "everything stands there; seed " + KilledCollector.SEED,
          KilledCollector.TIME_LIMIT,
          () -> {
            try {
              peer.settle();
              found[0] = new Found();
              peer.read(found[0]);
              Thread.sleep(100); // reading all of it costs the machine more than it waits
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
            return found[0].rows() - found[0].again() >= known.samples() - known.refused();
          });
      found[0].assertWhole(known, peer);
      if (peer.isIdempotent()) {
        // Each kill may leave one request without a response, which its sender repeats: to a queue
        // that holds it already it is another one.
        int most = known.batches().stream().mapToInt(Batch::items).max().orElse(0);
        assertThat(found[0].again())
            .as("samples that stand there twice")
            .isLessThanOrEqualTo((long) KilledCollector.KILLS * most);
      }
      System.getLogger(destination)
          .log(
              System.Logger.Level.INFO,
              "{0} kills, seed {1}: {2} samples, {3} there twice, {4} requests in doubt",
              KilledCollector.KILLS,
              KilledCollector.SEED,
              known.samples(),
              found[0].again(),
              doubtful);
    }
  }
}
