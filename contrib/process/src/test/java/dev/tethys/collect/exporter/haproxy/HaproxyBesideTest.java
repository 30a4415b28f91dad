package dev.tethys.collect.exporter.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.FlagSettings;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.Params;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On the same HAProxy ours shows what the real haproxy_exporter shows. */
@Timeout(120)
final class HaproxyBesideTest {
  private static final String UP = "haproxy_server_up";
  private static final String CLOSED = "backend=\"app\",server=\"closed\"";

  /** Of checks that continue meanwhile, of the last second, and of the requests for the pages. */
  private static final Pattern MOVING =
      Pattern.compile(
          "haproxy_exporter_scrapes_total.*|haproxy_server_check_.*|haproxy_server_downtime_.*"
              + "|haproxy_.*_current_session_rate .*|haproxy_process_idle_time_percent.*"
              + "|.*(frontend|backend)=\"stats\".*");

  @TempDir static Path dir;
  private static HttpServer web;
  private static ServerProcess haproxy;
  private static int stats;
  private static int commands;

  @BeforeAll
  static void start() throws Exception {
    String program = program();
    web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    web.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    web.createContext(
        "/",
        x -> {
          byte[] body = "x".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
          String status = x.getRequestURI().getPath().substring(1);
          x.getResponseHeaders().add("Content-Type", "text/plain");
          x.sendResponseHeaders(Integer.parseInt(status), body.length);
          x.getResponseBody().write(body);
          x.close();
        });
    web.start();
    int entry = Ports.free();
    int app = web.getAddress().getPort();
    int closed = Ports.free();
    stats = Ports.free();
    commands = Ports.free();
    Path config = dir.resolve("haproxy.cfg");
    Files.writeString(
        config,
        """
        global
          stats socket %s mode 600 level user
          stats socket ipv4@127.0.0.1:%d level user
        defaults
          mode http
          timeout connect 2s
          timeout client 10s
          timeout server 10s
        frontend stats
          bind 127.0.0.1:%d
          stats enable
          stats uri /stats
          stats auth user:pa:ss
        frontend entry
          bind 127.0.0.1:%d name listener
          rate-limit sessions 1000
          compression algo gzip
          compression type text/plain
          http-request deny if { path /denied }
          use_backend gone if { path /gone }
          default_backend app
        backend app
          server good 127.0.0.1:%d check port %d inter 100 maxconn 50
          server closed 127.0.0.1:%d check inter 100 fall 1
          server resting 127.0.0.1:%d disabled
          server unchecked 127.0.0.1:%d weight 0
        backend gone
          server gone 127.0.0.1:%d check inter 100 fall 1
        """
            .formatted(
                dir.resolve("h.sock"), commands, stats, entry, app, app, closed, app, app, closed));
    haproxy =
        new ServerProcess(
            entry,
            dir.resolve("haproxy.log"),
            libraries(),
            List.of(program, "-db", "-f", config.toString()));
    try (Exporter ours = open("unix:" + dir.resolve("h.sock"))) {
      while (!Objects.equals(shown(ours).samples(UP).get(CLOSED), 0.0)) {
        Waiting.pause(); // until it has been checked once: before that it is given requests
      }
    }
    for (String path : List.of("/200", "/200", "/302", "/404", "/500", "/denied", "/gone")) {
      haproxy.get(path);
    }
  }

  @AfterAll
  static void stop() {
    if (haproxy != null) {
      haproxy.close();
    }
    if (web != null) {
      web.stop(0);
    }
  }

  /** Its libraries are next to the peers where it runs. */
  private static Map<String, String> libraries() {
    Path beside = Path.of(System.getProperty("user.home"), ".cache/peers/usr/lib/x86_64-linux-gnu");
    return Map.of("LD_LIBRARY_PATH", beside.toString());
  }

  private static String program() throws IOException, InterruptedException {
    Path installed = Path.of("/usr/sbin/haproxy");
    Path p = Files.exists(installed) ? installed : Shared.peerFolder("usr/sbin/haproxy");
    ProcessBuilder b =
        new ProcessBuilder(p.toString(), "-v")
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("version").toFile());
    b.environment().putAll(libraries());
    boolean runs = b.start().waitFor() == 0;
    String said = Files.readString(dir.resolve("version"));
    assumeTrue(runs, () -> "needs an haproxy that runs, and it responded: " + said);
    return p.toString();
  }

  private static Exporter open(String uri) throws IOException {
    return open(Map.of("haproxy.scrape-uri", uri));
  }

  private static Exporter open(Map<String, String> flags) throws IOException {
    return new Haproxy()
        .open(
            new FlagSettings(new Haproxy(), flags),
            new ExporterDependencies(
                new HttpClientFactory("test"), InstantSource.system(), n -> null));
  }

  private static Exposition shown(Exporter e) throws IOException, InterruptedException {
    List<MetricFamily> families =
        Objects.requireNonNull(e.metrics()).collect(new Probe(Params.EMPTY, null));
    return Exposition.of(to -> families.forEach(to));
  }

  private static Map<String, Double> rested(Exposition e) {
    Map<String, Double> out = new TreeMap<>();
    e.families.forEach(
        (name, f) ->
            f.samples()
                .forEach(
                    (labels, v) -> {
                      String sample = name + " " + f.type() + " " + f.help() + " " + labels;
                      if (name.startsWith("haproxy_") && !MOVING.matcher(sample).matches()) {
                        out.put(sample, v);
                      }
                    }));
    out.keySet().removeIf(k -> k.startsWith("haproxy_exporter_build_info"));
    return out;
  }

  private static Set<String> series(Exposition e) {
    Set<String> out = new TreeSet<>();
    e.families.forEach(
        (name, f) -> {
          if (name.startsWith("haproxy_") && !name.equals("haproxy_exporter_build_info")) {
            f.samples().keySet().forEach(l -> out.add(name + " " + f.type() + " " + l));
          }
        });
    return out;
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://user:pa%3Ass@127.0.0.1:STATS/stats;csv", "unix:SOCKET"})
  void exposesSameMetricsAsReference(String where) throws Exception {
    String uri =
        where
            .replace("STATS", String.valueOf(stats))
            .replace("SOCKET", dir.resolve("h.sock").toString());
    int port = Ports.free();
    try (ServerProcess real =
            new ServerProcess(
                port,
                dir.resolve("exporter" + port + ".log"),
                Map.of(),
                List.of(
                    Shared.peer("prometheus-haproxy-exporter").toString(),
                    "--web.listen-address=127.0.0.1:" + port,
                    "--haproxy.scrape-uri=" + uri));
        Exporter ours = open(uri)) {
      Exposition theirs = Exposition.parse(real.get("/metrics"));
      Exposition mine = shown(ours);
      assertThat(series(mine)).isEqualTo(series(theirs));
      assertThat(rested(mine)).isEqualTo(rested(theirs));
      assertThat(mine.samples(UP))
          .containsEntry("backend=\"app\",server=\"good\"", 1.0)
          .containsEntry("backend=\"app\",server=\"unchecked\"", 1.0)
          .containsEntry(CLOSED, 0.0)
          .containsEntry("backend=\"app\",server=\"resting\"", 0.0);
      assertThat(mine.samples("haproxy_frontend_http_responses_total"))
          .containsEntry("code=\"2xx\",frontend=\"entry\"", 2.0)
          .containsEntry("code=\"5xx\",frontend=\"entry\"", 2.0);
    }
  }

  /** Of this process, for its number is known. */
  @Test
  void exposesSameProcessMetricsAsReference() throws Exception {
    Path file = dir.resolve("haproxy.pid");
    Files.writeString(file, ProcessHandle.current().pid() + "\n");
    String uri = "unix:" + dir.resolve("h.sock");
    int port = Ports.free();
    try (ServerProcess real =
            new ServerProcess(
                port,
                dir.resolve("process.log"),
                Map.of(),
                List.of(
                    Shared.peer("prometheus-haproxy-exporter").toString(),
                    "--web.listen-address=127.0.0.1:" + port,
                    "--haproxy.pid-file=" + file,
                    "--haproxy.scrape-uri=" + uri));
        Exporter ours =
            open(Map.of("haproxy.scrape-uri", uri, "haproxy.pid-file", file.toString()))) {
      Exposition theirs = Exposition.parse(real.get("/metrics"));
      Exposition mine = shown(ours);
      assertThat(series(mine)).isEqualTo(series(theirs));
      for (String name : List.of("max_fds", "virtual_memory_max_bytes", "start_time_seconds")) {
        String whole = "haproxy_process_" + name;
        assertThat(mine.samples(whole)).isNotEmpty().isEqualTo(theirs.samples(whole));
        assertThat(Objects.requireNonNull(mine.families.get(whole)).help())
            .isEqualTo(Objects.requireNonNull(theirs.families.get(whole)).help());
      }
      Files.writeString(file, "0");
      assertThat(series(shown(ours))).noneMatch(s -> s.contains("process_cpu"));
    }
  }

  @Test
  void sendsCommandsOverTcp() throws Exception {
    try (Exporter tcp = open("tcp://127.0.0.1:" + commands);
        Exporter unix = open("unix:" + dir.resolve("h.sock"))) {
      assertThat(rested(shown(tcp))).isEqualTo(rested(shown(unix)));
    }
  }
}
