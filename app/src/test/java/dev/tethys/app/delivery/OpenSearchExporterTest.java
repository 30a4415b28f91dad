package dev.tethys.app.delivery;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/**
 * A real OpenSearch of one node, of {@code opensearch/lib} among the peers ({@code
 * org.opensearch:opensearch}, {@code org.opensearch.plugin:transport-netty4-client}, {@code
 * reindex-client}, {@code mapper-extras-client}, {@code org.apache.logging.log4j:log4j-core}).
 */
class OpenSearchExporterTest extends SearchContract {
  private static final String NODE =
      """
      import java.util.*;
      import org.opensearch.common.settings.Settings;
      import org.opensearch.env.Environment;
      import org.opensearch.node.*;
      import org.opensearch.plugins.PluginInfo;
      public class StartedNode extends Node {
        StartedNode(Environment e, Collection<PluginInfo> p) { super(e, p, false); }
        static PluginInfo p(String c) {
          return new PluginInfo(c, "classpath", "NA", org.opensearch.Version.CURRENT, "21", c, null, List.of(), false);
        }
        public static void main(String[] a) throws Exception {
          Settings s = Settings.builder().put("path.home", a[0]).put("cluster.name", "t").put("node.name", "n1")
              .put("discovery.type", "single-node").put("network.host", "127.0.0.1")
              .put("http.port", a[1]).put("transport.port", a[2]).put("transport.type", "netty4")
              .put("http.type", "netty4").put("cluster.routing.allocation.disk.threshold_enabled", false).build();
          new StartedNode(InternalSettingsPreparer.prepareEnvironment(s, Map.of(), null, () -> "n1"), List.of(
              p("org.opensearch.transport.Netty4ModulePlugin"), p("org.opensearch.index.reindex.ReindexModulePlugin"),
              p("org.opensearch.index.mapper.MapperExtrasModulePlugin"))).start();
          new java.util.concurrent.CountDownLatch(1).await();
        }
      }
      """;

  /** One for all tests, which have their own indices: it takes its time to start. */
  private static @Nullable SearchNode node;

  private static int tests;

  @AfterAll
  static void stop() throws IOException {
    if (node != null) {
      node.close();
      node = null;
    }
  }

  @Override
  SearchNode node() throws Exception {
    SearchNode n = node;
    if (n == null) {
      n = new SearchNode("opensearch/lib", NODE, (folder, lib) -> List.of("-cp", lib + "/*"));
      node = n;
    }
    return n;
  }

  @Override
  String exporter() {
    return "opensearch";
  }

  @Override
  String more() {
    return "";
  }

  @Override
  Peer start() throws Exception {
    return node().index("metrics-tethys-" + ++tests, exporter(), more());
  }
}
