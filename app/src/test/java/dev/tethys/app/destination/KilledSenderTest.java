package dev.tethys.app.destination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.pipeline.Batch;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A collector of ours with its queue on a disk is ended as by a power failure, at any moment, again
 * and again, while somebody sends to it: whatever it said that it has is in the database in the
 * end. What stands there twice is counted, and told.
 */
class KilledSenderTest {
  private static final int SIZE = Integer.getInteger("tethys.samples", 20_000);
  private static final int KILLS = Integer.getInteger("tethys.kills", 4);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long SEED = Long.getLong("tethys.seed", System.nanoTime());

  @TempDir Path folder;

  private static Path config(Path folder, Peer peer, int port) throws IOException {
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

          pipelines: {metrics: {receivers: [prometheusremotewrite], exporters: [%s]}}
        """
            .formatted(
                Files.createDirectories(folder.resolve("queue")),
                port,
                peer.exporter(),
                peer.exporterKeys(peer.port()),
                // small requests, where they can be: so that there are some at any moment
                peer.exporter().equals("datadog") ? "" : ", max_samples_per_send: 100",
                peer.exporter()));
  }

  private static PeerProcess collector(Path folder, Path config, int port) throws Exception {
    return new PeerProcess(
        Files.createDirectories(folder.resolve("collector")),
        port,
        TethysProcess.small("collector", "--config=" + config));
  }

  private static boolean accepted(HttpClient http, int port, Batch b) throws InterruptedException {
    try {
      return http.send(
                      HttpRequest.newBuilder(
                              URI.create("http://127.0.0.1:" + port + "/api/v1/write"))
                          .timeout(Duration.ofSeconds(10))
                          .header("Content-Encoding", "snappy")
                          .header("Content-Type", "application/x-protobuf")
                          .POST(
                              HttpRequest.BodyPublishers.ofByteArray(
                                  SnappyBlock.encode(b.body(), 0, b.size())))
                          .build(),
                      BodyHandlers.discarding())
                  .statusCode()
              / 100
          == 2;
    } catch (IOException e) {
      return false; // it was killed: nobody knows whether it has it
    }
  }

  private Peer peer(String destination) throws Exception {
    return switch (destination) {
      case "influxdb" -> new InfluxPeer(folder);
      case "statsd" -> new StatsdPeer();
      case "nats" -> new NatsContractTest().startIn(folder);
      case "splunk_hec" -> new SplunkContractTest().start();
      case "datadog" -> new DatadogContractTest().start();
      case "graphite" -> new CarbonContractTest().start();
      case "opentsdb" -> new OpenTsdbDestinationTest().start();
      case "tdengine" -> new TdengineLinesTest().start();
      case "kdb" -> new KdbDestinationTest().start();
      default -> throw new IllegalArgumentException(destination);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"influxdb", "statsd", "nats"})
  void whatWasAcceptedArrives(String destination) throws Exception {
    arrives(destination);
  }

  @ParameterizedTest
  @ValueSource(strings = {"splunk_hec", "datadog", "graphite", "opentsdb", "tdengine", "kdb"})
  void whatWasAcceptedArrivesElsewhereToo(String destination) throws Exception {
    DestinationContract.takesMinutes();
    arrives(destination);
  }

  private void arrives(String destination) throws Exception {
    Random random = new Random(SEED);
    int port = Ports.free();
    try (Peer peer = peer(destination);
        PeerProcess collector = collector(folder, config(folder, peer, port), port);
        HttpClient http = HttpClient.newHttpClient()) {
      KnownSamples known = new KnownSamples(SIZE, false, false, peer);
      List<Batch> batches = known.batches();
      AtomicInteger accepted = new AtomicInteger();
      int[] at = random.ints(KILLS, 0, batches.size()).sorted().toArray();
      Thread killer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int n : at) {
                        TestPipeline.await(
                            "some was accepted", PATIENCE, () -> accepted.get() >= n);
                        Thread.sleep(random.nextInt(5)); // the moment is what is tried
                        collector.killAndRestart();
                      }
                    } catch (Exception e) {
                      throw new IllegalStateException(e);
                    }
                  });
      int next = 0;
      int doubtful = 0;
      while (next < batches.size() || killer.isAlive()) {
        if (next == batches.size()) {
          killer.join(); // the last kills meet what is queued
        } else if (accepted(http, port, batches.get(next))) {
          next++;
          accepted.set(next);
        } else {
          doubtful++;
          Thread.sleep(5);
        }
      }
      Found[] found = {new Found()};
      TestPipeline.await(
          "everything stands there; seed " + SEED,
          PATIENCE,
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
      found[0].assertHolds(known, peer);
      System.getLogger(destination)
          .log(
              System.Logger.Level.INFO,
              "{0} kills, seed {1}: {2} samples, {3} there twice, {4} requests in doubt",
              KILLS,
              SEED,
              known.samples(),
              found[0].again(),
              doubtful);
      assertThat(killer.isAlive()).isFalse();
    }
  }
}
