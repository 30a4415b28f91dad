package dev.tethys.app.destination;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import tools.jackson.databind.JsonNode;

/**
 * A real OpenSearch of one node. Its jars are too many for the suite's repository: they are looked
 * for in {@code opensearch/lib} of the folder of peers, where Maven puts them ({@code
 * org.opensearch:opensearch}, {@code org.opensearch.plugin:transport-netty4-client}, {@code
 * reindex-client}, {@code mapper-extras-client}, {@code org.apache.logging.log4j:log4j-core};
 * {@code dependency:copy-dependencies}).
 */
class OpenSearchDestinationTest extends StoreContract {
  private static final String NODE =
      """
      import java.util.*;
      import org.opensearch.common.settings.Settings;
      import org.opensearch.env.Environment;
      import org.opensearch.node.*;
      import org.opensearch.plugins.PluginInfo;
      public class OsNode extends Node {
        OsNode(Environment e, Collection<PluginInfo> p) { super(e, p, false); }
        static PluginInfo p(String c) {
          return new PluginInfo(c, "classpath", "NA", org.opensearch.Version.CURRENT, "21", c, null, List.of(), false);
        }
        public static void main(String[] a) throws Exception {
          Settings s = Settings.builder().put("path.home", a[0]).put("cluster.name", "t").put("node.name", "n1")
              .put("discovery.type", "single-node").put("network.host", "127.0.0.1")
              .put("http.port", a[1]).put("transport.port", a[2]).put("transport.type", "netty4")
              .put("http.type", "netty4").put("cluster.routing.allocation.disk.threshold_enabled", false).build();
          new OsNode(InternalSettingsPreparer.prepareEnvironment(s, Map.of(), null, () -> "n1"), List.of(
              p("org.opensearch.transport.Netty4ModulePlugin"), p("org.opensearch.index.reindex.ReindexModulePlugin"),
              p("org.opensearch.index.mapper.MapperExtrasModulePlugin"))).start();
          new java.util.concurrent.CountDownLatch(1).await();
        }
      }
      """;

  private static @Nullable PeerProcess process;
  private static int port;
  private static int tests;

  /** One for all tests, which have indices of their own: it takes its time to start. */
  private static void node() throws Exception {
    if (process != null) {
      return;
    }
    Path lib = Shared.peerFolder("opensearch/lib");
    Path folder = Files.createTempDirectory("opensearch");
    Files.createDirectory(folder.resolve("config"));
    Path node = Files.writeString(folder.resolve("OsNode.java"), NODE);
    port = Ports.free();
    process =
        new PeerProcess(
            folder,
            port,
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                lib + "/*",
                node.toString(),
                folder.toString(),
                Integer.toString(port),
                Integer.toString(Ports.free())));
  }

  @AfterAll
  static void stop() throws IOException {
    if (process != null) {
      process.close();
      process = null;
    }
  }

  private static String ask(String path, String body) throws IOException, InterruptedException {
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
  Peer start() throws Exception {
    node();
    String index = "metrics-tethys-" + ++tests;
    return new Peer() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public String exporter() {
        return "opensearch";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "', metrics_index: " + index;
      }

      @Override
      public String store(int at) {
        return "{name: far, type: opensearch, url: 'http://127.0.0.1:"
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
        if (process != null) {
          process.killAndRestart();
        }
        return true;
      }

      @Override
      public void settle() throws IOException, InterruptedException {
        ask("/_refresh", "");
      }

      @Override
      public void close() {
        // the node goes on
      }
    };
  }
}
