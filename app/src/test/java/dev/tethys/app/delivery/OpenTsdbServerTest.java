package dev.tethys.app.delivery;

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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A real OpenTSDB over a real HBase. Their jars are looked for in {@code opentsdb/hbase} and {@code
 * opentsdb/lib} of the folder of peers, where Maven puts them ({@code
 * org.apache.hbase:hbase-server:2.6.3}, {@code net.opentsdb:opentsdb:2.4.1}; {@code
 * dependency:copy-dependencies}). It takes some three minutes.
 */
@Tag("contrib")
class OpenTsdbServerTest extends StoreContract {
  private static final String TABLES =
      """
      import org.apache.hadoop.hbase.*;
      import org.apache.hadoop.hbase.client.*;
      public class Tables {
        public static void main(String[] a) throws Exception {
          try (Connection c = ConnectionFactory.createConnection(HBaseConfiguration.create()); Admin admin = c.getAdmin()) {
            for (String t : new String[] {"tsdb:t", "tsdb-uid:id,name", "tsdb-tree:t", "tsdb-meta:name"}) {
              TableDescriptorBuilder b = TableDescriptorBuilder.newBuilder(TableName.valueOf(t.substring(0, t.indexOf(':'))));
              for (String f : t.substring(t.indexOf(':') + 1).split(",")) {
                b.setColumnFamily(ColumnFamilyDescriptorBuilder.of(f));
              }
              admin.createTable(b.build());
            }
          }
        }
      }
      """;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<PeerProcess> RUNNING = new ArrayList<>();
  private static int port;

  private static Path file(Path folder, String name, String text) throws IOException {
    Files.createDirectories(folder);
    return Files.writeString(folder.resolve(name), text);
  }

  /** One for all tests: it takes its time to start. Samples are always the same ones. */
  private static void server() throws Exception {
    if (!RUNNING.isEmpty()) {
      return;
    }
    takesMinutes();
    Path hbase = Shared.peerFolder("opentsdb/hbase");
    Path tsdb = Shared.peerFolder("opentsdb/lib");
    // Hadoop uses a feature that Java removed with version 24.
    Path old = Path.of("/usr/lib/jvm/java-17-openjdk-amd64/bin/java");
    Assumptions.assumeTrue(Files.exists(old), "needs Java 17, Debian's openjdk-17-jre-headless");
    String java = old.toString();
    Path folder = Files.createTempDirectory("hbase");
    int zookeeper = Ports.free();
    StringBuilder site = new StringBuilder("<configuration>");
    Map.of(
            "hbase.cluster.distributed", "false",
            "hbase.rootdir", "file://" + folder + "/root",
            "hbase.tmp.dir", folder + "/tmp",
            "hbase.zookeeper.property.dataDir", folder + "/zk",
            "hbase.zookeeper.quorum", "127.0.0.1",
            "hbase.unsafe.stream.capability.enforce", "false",
            "hbase.wal.provider", "filesystem",
            "hbase.master.hostname", "localhost",
            "hbase.regionserver.hostname", "localhost")
        .forEach((k, v) -> property(site, k, v));
    property(site, "hbase.zookeeper.property.clientPort", Integer.toString(zookeeper));
    property(site, "hbase.master.info.port", "-1");
    property(site, "hbase.regionserver.info.port", "-1");
    property(site, "hbase.master.port", Integer.toString(Ports.free()));
    property(site, "hbase.regionserver.port", Integer.toString(Ports.free()));
    file(folder.resolve("conf"), "hbase-site.xml", site.append("</configuration>").toString());
    Path tables = file(folder, "Tables.java", TABLES);
    List<String> command = new ArrayList<>(List.of(java, "-Xmx768m"));
    for (String p :
        "java.lang java.nio sun.nio.ch java.lang.reflect jdk.internal.ref java.util.concurrent java.net"
            .split(" ")) {
      command.add("--add-opens=java.base/" + p + "=ALL-UNNAMED");
    }
    String path = folder.resolve("conf") + ":" + hbase + "/*";
    List<String> master = new ArrayList<>(command);
    master.addAll(List.of("-cp", path, "org.apache.hadoop.hbase.master.HMaster", "start"));
    RUNNING.add(new PeerProcess(folder, zookeeper, master));
    Path log = folder.resolve("tables.log");
    List<String> make = new ArrayList<>(command);
    make.addAll(List.of("-cp", folder + ":" + path, "Tables"));
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "--release=17",
                "-proc:none",
                "-cp",
                jars(hbase),
                tables.toString());
    if (compiled != 0) {
      throw new IllegalStateException(tables + " does not compile");
    }
    Process p =
        new ProcessBuilder(make).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (p.waitFor() != 0) {
      throw new IllegalStateException("tables are not made: " + Files.readString(log));
    }
    Path own = Files.createTempDirectory("opentsdb");
    port = Ports.free();
    Path config =
        file(
            own,
            "opentsdb.conf",
            """
            tsd.network.port = %d
            tsd.network.bind = 127.0.0.1
            tsd.http.staticroot = %s
            tsd.http.cachedir = %s
            tsd.core.auto_create_metrics = true
            tsd.storage.hbase.zk_quorum = 127.0.0.1:%d
            tsd.http.request.enable_chunked = true
            tsd.http.request.max_chunk = 1048576
            tsd.http.query.allow_delete = true
            """
                .formatted(port, own, own, zookeeper));
    RUNNING.add(
        new PeerProcess(
            own,
            port,
            List.of(
                java,
                "-Xmx512m",
                "-cp",
                jars(tsdb),
                "net.opentsdb.tools.TSDMain",
                "--config=" + config)));
  }

  private static String jars(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(j -> !j.getFileName().toString().startsWith("log4j-over-slf4j"))
          .sorted()
          .map(Path::toString)
          .collect(Collectors.joining(":"));
    }
  }

  private static void property(StringBuilder site, String name, String value) {
    site.append("<property><name>").append(name).append("</name><value>");
    site.append(value).append("</value></property>\n");
  }

  @AfterAll
  static void stop() throws IOException {
    for (PeerProcess p : RUNNING.reversed()) {
      p.close();
    }
    RUNNING.clear();
  }

  private static String ask(String path, String body) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest.Builder r = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
      return http.send(
              (body.isEmpty() ? r : r.POST(HttpRequest.BodyPublishers.ofString(body))).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private static List<String> names() throws Exception {
    List<String> out = new ArrayList<>();
    JSON.readTree(ask("/api/suggest?type=metrics&max=100000", ""))
        .forEach(n -> out.add(n.asString()));
    return out;
  }

  /** Deletes all points; the names stay. */
  private static void clear() throws Exception {
    for (String name : names()) {
      ask(
          "/api/query",
          "{\"start\":%d,\"end\":%d,\"delete\":true,\"queries\":[{\"aggregator\":\"none\",\"metric\":\"%s\"}]}"
              .formatted(KnownSamples.START - 1_000, KnownSamples.START + 100_000_000L, name));
    }
  }

  @Override
  Peer start() throws Exception {
    server();
    clear();
    return new Peer() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public String exporter() {
        return "opentsdb";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "'";
      }

      @Override
      public String store(int at) {
        return "{name: far, type: opentsdb, url: 'http://127.0.0.1:" + at + "'}";
      }

      @Override
      public void read(Found into) throws Exception {
        for (String metric : names()) {
          String body =
              ask(
                  "/api/query?arrays",
                  "{\"start\":%d,\"end\":%d,\"msResolution\":true,\"queries\":[{\"aggregator\":\"none\",\"metric\":\"%s\"}]}"
                      .formatted(
                          KnownSamples.START - 1, KnownSamples.START + 100_000_000L, metric));
          for (JsonNode series : Found.json(body)) {
            Map<String, String> tags = new HashMap<>();
            series
                .path("tags")
                .properties()
                .forEach(t -> tags.put(t.getKey(), t.getValue().asString()));
            for (JsonNode p : series.path("dps")) {
              OpenTsdbPeer.point(into, metric, tags, p.get(0).asLong(), p.get(1).asDouble());
            }
          }
        }
      }

      @Override
      public void close() {
        // the server has restarted
      }
    };
  }
}
