package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One of our collectors is ended as by a power failure, at any moment, again and again, while a
 * client sends log records to it: all acknowledged records are at the destination in the end, as
 * they were written. Duplicates are counted and reported.
 */
@Tag("contrib")
@Tag("slow")
class KilledRecordsTest {
  private static final int SIZE = Integer.getInteger("tethys.records", 20_000);

  @TempDir Path folder;

  /** With its queue on a disk, but for files, which have none: what is taken is in the file. */
  private Path config(String exporter, String keys, int port) throws IOException {
    String queue =
        exporter.equals("file")
            ? ""
            : ", sending_queue: {storage: file_storage, num_consumers: 4},"
                + " retry_on_failure: {initial_interval: 20ms, max_interval: 100ms}";
    return Files.writeString(
        folder.resolve("collector.yaml"),
        """
        extensions: {file_storage: {directory: '%s'}}
        receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:%d'}}}}
        exporters: {%s: {%s%s}}
        service:
          extensions: [file_storage]
          telemetry: {metrics: {level: none}}
          pipelines: {logs: {receivers: [otlp], exporters: [%s]}}
        """
            .formatted(
                Files.createDirectories(folder.resolve("queue")),
                port,
                exporter,
                keys,
                queue,
                exporter));
  }

  private RecordPeer peer(String destination) throws Exception {
    return switch (destination) {
      case "file" -> FileRecordsContractTest.in(folder, Signal.LOGS);
      case "parquet" -> ParquetRecordsContractTest.in(folder, Signal.LOGS);
      case "influxdb" -> InfluxRecordsContractTest.in(folder, Signal.LOGS);
      case "loki" -> new LokiRecordsContractTest().start(Signal.LOGS);
      case "splunk_hec" -> new SplunkRecordsContractTest().start(Signal.LOGS);
      case "elasticsearch" -> new ElasticsearchRecordsContractTest().start(Signal.LOGS);
      case "datadog" -> new DatadogRecordsContractTest().start(Signal.LOGS);
      case "clymene" -> new ClymeneRecordsContractTest().start(Signal.LOGS);
      default -> throw new IllegalArgumentException(destination);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "parquet", "loki"})
  void deliversAcceptedRecordsAfterKill(String destination) throws Exception {
    arrives(destination);
  }

  @ParameterizedTest
  @ValueSource(strings = {"influxdb", "splunk_hec", "elasticsearch", "datadog", "clymene"})
  void deliversAcceptedRecordsAfterKillToSlowDestinations(String destination) throws Exception {
    ExporterContract.takesMinutes();
    arrives(destination);
  }

  private void arrives(String destination) throws Exception {
    int port = Ports.free();
    URI url = URI.create("http://127.0.0.1:" + port + "/v1/logs");
    try (RecordPeer peer = peer(destination)) {
      String keys = peer.exporterKeys(peer.port());
      KnownRecords known = new KnownRecords(Signal.LOGS, SIZE, false);
      Map<String, String> kept = known.kept(peer);
      int doubtful;
      FoundRecords[] found = {new FoundRecords()};
      try (KilledCollector collector =
          new KilledCollector(
              folder,
              config(peer.exporter(), keys, port),
              port,
              b ->
                  HttpRequest.newBuilder(url)
                      .header("Content-Type", "application/x-protobuf")
                      .POST(HttpRequest.BodyPublishers.ofByteArray(b.body())))) {
        doubtful = collector.feed(known.batches());
        TestPipeline.await(
            "everything stands there; seed " + KilledCollector.SEED,
            KilledCollector.TIME_LIMIT,
            () -> {
              try {
                peer.settle();
                found[0] = new FoundRecords();
                peer.read(found[0]);
                Thread.sleep(100); // reading all of it costs the machine more than it waits
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
              return found[0].all().size() >= kept.size();
            });
      }
      found[0].assertHolds(kept);
      System.getLogger(destination)
          .log(
              System.Logger.Level.INFO,
              "{0} kills, seed {1}: {2} records, {3} there twice, {4} requests in doubt",
              KilledCollector.KILLS,
              KilledCollector.SEED,
              kept.size(),
              found[0].again(),
              doubtful);
    }
  }
}
