package dev.tethys.app.destination;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/**
 * A real Elasticsearch of one node, of {@code elasticsearch/lib} among the peers ({@code
 * org.elasticsearch:elasticsearch}, {@code org.elasticsearch.plugin:transport-netty4}). Of its
 * modules no others are published: it has no data streams and no lifecycle, so indices are plain
 * here.
 */
class ElasticsearchDestinationTest extends SearchContract {
  private static final String NODE =
      """
      import java.nio.file.Path;
      import java.util.*;
      import org.elasticsearch.common.logging.LogConfigurator;
      import org.elasticsearch.common.settings.Settings;
      import org.elasticsearch.env.Environment;
      import org.elasticsearch.node.*;
      import org.elasticsearch.plugins.PluginsLoader;
      public class StartedNode {
        public static void main(String[] a) throws Exception {
          Path home = Path.of(a[0]);
          LogConfigurator.registerErrorListener();
          LogConfigurator.configureESLogging();
          Settings s = Settings.builder().put("path.home", a[0]).put("cluster.name", "t").put("node.name", "n1")
              .put("discovery.type", "single-node").put("network.host", "127.0.0.1")
              .put("http.port", a[1]).put("transport.port", a[2])
              .put("cluster.routing.allocation.disk.threshold_enabled", false).build();
          Environment e = InternalSettingsPreparer.prepareEnvironment(s, Map.of(), home.resolve("config"), () -> "n1");
          new Node(e, PluginsLoader.createPluginsLoader(
              PluginsLoader.loadModulesBundles(home.resolve("modules"), false), Set.of(), Map.of(), false)).start();
          new java.util.concurrent.CountDownLatch(1).await();
        }
      }
      """;

  /** One for all tests, which have indices of their own: it takes its time to start. */
  private static @Nullable SearchNode node;

  private static int tests;

  @AfterAll
  static void stop() throws IOException {
    if (node != null) {
      node.close();
      node = null;
    }
  }

  /** Netty is a module, in a folder of its own with what describes it, and nowhere else. */
  private static List<String> home(Path folder, Path lib) throws IOException {
    Files.createDirectories(folder.resolve("lib"));
    Path module = Files.createDirectories(folder.resolve("modules/transport-netty4"));
    List<String> server = new ArrayList<>();
    try (Stream<Path> jars = Files.list(lib)) {
      for (Path jar : jars.toList()) {
        String name = jar.getFileName().toString();
        if (name.startsWith("netty-") || name.startsWith("transport-netty4")) {
          Files.copy(jar, module.resolve(name));
        } else {
          server.add(jar.toString());
        }
        if (name.startsWith("transport-netty4")) {
          describe(jar, module);
        }
      }
    }
    return List.of(
        "-Des.path.home=" + folder,
        "-Des.logs.base_path=" + folder.resolve("logs"),
        "-cp",
        String.join(File.pathSeparator, server));
  }

  private static void describe(Path jar, Path module) throws IOException {
    String in = "META-INF/es-plugins/transport-netty4/";
    try (JarFile f = new JarFile(jar.toFile())) {
      Properties p = new Properties();
      try (var s = f.getInputStream(f.getEntry(in + "plugin-descriptor.properties"))) {
        p.load(s);
      }
      p.remove("modulename");
      try (var out = Files.newOutputStream(module.resolve("plugin-descriptor.properties"))) {
        p.store(out, null);
      }
      try (var s = f.getInputStream(f.getEntry(in + "entitlement-policy.yaml"))) {
        Files.copy(s, module.resolve("entitlement-policy.yaml"));
      }
    }
  }

  @Override
  SearchNode node() throws Exception {
    takesMinutes(); // what is every day's is OpenSearch
    SearchNode n = node;
    if (n == null) {
      n = new SearchNode("elasticsearch/lib", NODE, ElasticsearchDestinationTest::home);
      node = n;
    }
    return n;
  }

  @Override
  String exporter() {
    return "elasticsearch";
  }

  @Override
  String more() {
    return ", data_stream: false";
  }

  @Override
  Peer start() throws Exception {
    return node().index("metrics-tethys-" + ++tests, exporter(), more());
  }
}
