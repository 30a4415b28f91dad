package dev.tethys.app.delivery;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A real InfluxDB 1, read by InfluxQL. */
final class InfluxPeer implements ProcessPeer {
  private static final Pattern ESCAPE = Pattern.compile("%([0-9A-F]{2})");

  private final int port = Ports.free();
  private final PeerProcess process;

  InfluxPeer(Path parent) throws Exception {
    Path influxd = Shared.peer("influxd");
    Path folder = Files.createTempDirectory(parent, "influxd");
    Path config =
        Files.writeString(
            folder.resolve("influxdb.conf"),
            """
            reporting-disabled = true
            bind-address = "127.0.0.1:%d"
            [meta]
              dir = "%s/meta"
            [data]
              dir = "%s/data"
              wal-dir = "%s/wal"
            [http]
              bind-address = "127.0.0.1:%d"
              log-enabled = false
            [monitor]
              store-enabled = false
            """
                .formatted(Ports.free(), folder, folder, folder, port));
    process =
        new PeerProcess(folder, port, List.of(influxd.toString(), "-config", config.toString()));
    ask("CREATE DATABASE far");
  }

  String ask(String query) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(
                      URI.create(
                          "http://127.0.0.1:"
                              + port
                              + "/query?db=far&epoch=ms&chunked=true&q="
                              + URLEncoder.encode(query, StandardCharsets.UTF_8)))
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Override
  public PeerProcess process() {
    return process;
  }

  @Override
  public String exporter() {
    return "influxdb";
  }

  @Override
  public String exporterKeys(int at) {
    return "endpoint: 'http://127.0.0.1:" + at + "', v1_compatibility: {enabled: true, db: far}";
  }

  @Override
  public String store(int at) {
    return "{name: far, type: influxdb, url: 'http://127.0.0.1:" + at + "', database: far}";
  }

  @Override
  public String exporterKeys(int at, String name) {
    return exporterKeys(at).replace("db: far", "db: '" + name + "'");
  }

  @Override
  public String store(int at, String name) {
    return store(at).replace("name: far", "name: " + name).replace("base: far", "base: " + name);
  }

  @Override
  public void make(String name) throws Exception {
    ask("CREATE DATABASE \"" + name + "\"");
  }

  @Override
  public void read(Found into) throws Exception {
    boolean isPartial = false;
    for (String answer : ask("SELECT value, value_text FROM /.*/ GROUP BY *").split("\n")) {
      JsonNode result = Found.json(answer).path("results").path(0);
      // A server that fails halfway says so there, under status 200.
      if (!result.isObject() || result.has("error")) {
        throw new IOException("InfluxDB stops answering with " + answer);
      }
      isPartial = result.path("partial").asBoolean(false);
      for (JsonNode series : result.path("series")) {
        Map<String, String> tags = new HashMap<>();
        series
            .path("tags")
            .properties()
            .forEach(
                t -> {
                  if (!t.getValue().asString().isEmpty()) { // tags of others are empty
                    tags.put(plain(t.getKey()), plain(t.getValue().asString()));
                  }
                });
        var labels = Found.labels(plain(series.path("name").asString()), tags);
        for (JsonNode row : series.path("values")) {
          into.sample(
              labels,
              row.get(0).asLong(),
              row.get(1).isNull() ? Found.notFinite(row.get(2).asString()) : row.get(1).asDouble());
        }
      }
    }
    if (isPartial) {
      throw new IOException("InfluxDB announces more than it answers with");
    }
  }

  static String plain(String text) {
    return Found.unescape(ESCAPE, text);
  }

  @Override
  public boolean killAndRestart() throws Exception {
    process.killAndRestart(InfluxPeer::withoutTornEntries);
    return true;
  }

  /** Version 1 repeats the error of a full disk until it is started again. */
  @Override
  public void roomAgain() throws Exception {
    killAndRestart();
  }

  /**
   * Cuts off what a kill left unfinished at the ends of logs. Version 1.6 does so itself, but
   * continues writing where the file ended before: it cannot read what is behind that gap when it
   * starts once more, and loses what it has acknowledged.
   */
  private static void withoutTornEntries(Path folder) throws IOException {
    Path logs = folder.resolve("wal");
    if (!Files.exists(logs)) {
      return; // nothing was written yet
    }
    try (Stream<Path> files = Files.walk(logs)) {
      for (Path log : files.filter(f -> f.toString().endsWith(".wal")).toList()) {
        try (FileChannel file =
            FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
          file.truncate(whole(file));
        }
      }
    }
  }

  /** Where the last entry ends that is all there: each is its type, its length and its bytes. */
  private static long whole(FileChannel file) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(5);
    long at = 0;
    while (true) {
      head.clear();
      if (file.read(head, at) < 5) {
        return at;
      }
      long next = at + 5 + Integer.toUnsignedLong(head.getInt(1));
      if (next > file.size()) {
        return at;
      }
      at = next;
    }
  }
}
