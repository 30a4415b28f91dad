package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A real OpenSearch or Elasticsearch of one node, out of its jars and a class that starts it. The
 * jars are too many for the suite's repository: they are looked for in the folder of peers, where
 * Maven's {@code dependency:copy-dependencies} puts them.
 */
final class SearchNode implements AutoCloseable {
  private final int port = Ports.free();
  private final PeerProcess process;

  /** What a node needs in its folder before it starts. */
  @FunctionalInterface
  interface Home {
    /** Makes it, and returns Java's arguments, the class path among them. */
    List<String> make(Path folder, Path lib) throws IOException;
  }

  /**
   * Starts it.
   *
   * @param jars the folder of its jars, among the peers
   * @param source of a class that takes a folder and the ports for HTTP and for nodes
   */
  SearchNode(String jars, String source, Home home) throws Exception {
    Path lib = Shared.peerFolder(jars);
    Path folder = Files.createTempDirectory("search");
    Files.createDirectory(folder.resolve("config"));
    Path main = Files.writeString(folder.resolve("StartedNode.java"), source);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED"));
    command.addAll(home.make(folder, lib));
    command.addAll(
        List.of(
            main.toString(),
            folder.toString(),
            Integer.toString(port),
            Integer.toString(Ports.free())));
    process = new PeerProcess(folder, port, command);
  }

  /** Posts a query; returns the response, regardless of its status. */
  String ask(String path, String body) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Override
  public void close() throws IOException {
    process.close();
  }

  int port() {
    return port;
  }

  /**
   * An index in it, which is not there yet.
   *
   * @param type of the exporter and of the store
   * @param more keys of the exporter, each after a comma
   */
  Peer index(String index, String type, String more) {
    return new Peer() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public String exporter() {
        return type;
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "', metrics_index: " + index + more;
      }

      @Override
      public String store(int at) {
        return "{name: far, type: "
            + type
            + ", url: 'http://127.0.0.1:"
            + at
            + "', index: "
            + index
            + "}";
      }

      @Override
      public void read(Found into) throws Exception {
        String page = ask("/" + index + "/_search?scroll=2m", "{\"size\":10000}");
        Map<String, Labels> seen = new HashMap<>();
        while (true) {
          JsonNode answer = Found.json(page);
          JsonNode hits = answer.path("hits").path("hits");
          if (hits.isEmpty()) {
            return;
          }
          for (JsonNode hit : hits) {
            JsonNode d = hit.path("_source");
            Labels labels =
                seen.computeIfAbsent(
                    d.path("series").asString(),
                    x -> {
                      Map<String, String> m = new HashMap<>();
                      d.path("labels")
                          .properties()
                          .forEach(l -> m.put(l.getKey(), l.getValue().asString()));
                      return Found.labels(d.path("metric").asString(), m);
                    });
            into.sample(
                labels,
                d.path("@timestamp").asLong(),
                d.has("value")
                    ? d.path("value").asDouble()
                    : Found.notFinite(d.path("value_text").asString()));
          }
          page =
              ask(
                  "/_search/scroll",
                  "{\"scroll\":\"2m\",\"scroll_id\":\""
                      + answer.path("_scroll_id").asString()
                      + "\"}");
        }
      }

      @Override
      public boolean killAndRestart() throws Exception {
        ExporterContract.takesMinutes();
        process.killAndRestart();
        return true;
      }

      @Override
      public void settle() throws IOException, InterruptedException {
        ask("/_refresh", "");
      }

      @Override
      public void close() {
        // the node has restarted
      }
    };
  }
}
