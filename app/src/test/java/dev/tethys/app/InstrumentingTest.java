package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every program of docs/instrumenting.md, run unchanged against the server that the page starts.
 */
@Tag("slow")
class InstrumentingTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(90);
  private static final Pattern BLOCK =
      Pattern.compile("(?ms)^```\\w+\n(?://|#) ([\\w.-]+)\n(.*?)^```$");

  @TempDir static Path folder;
  private static final Map<String, String> FILES = new LinkedHashMap<>();
  private static final Map<Integer, Integer> PORTS = new LinkedHashMap<>();
  private static final List<Process> PROGRAMS = new ArrayList<>();
  private static TethysProcess server;

  @BeforeAll
  static void start() throws IOException {
    Matcher m = BLOCK.matcher(Files.readString(Shared.root().resolve("docs/instrumenting.md")));
    while (m.find()) {
      FILES.put(m.group(1), m.group(2));
    }
    assertThat(FILES)
        .containsOnlyKeys(
            "prometheus.yml",
            "PrometheusShop.java",
            "MicrometerShop.java",
            "OpenTelemetryShop.java",
            "shop.py",
            "shop.mjs",
            "otel-shop.mjs",
            "nightly.sh");
    String config = Objects.requireNonNull(FILES.get("prometheus.yml"));
    for (int documented : List.of(8001, 8002, 8003, 8004)) {
      PORTS.put(documented, Ports.free());
      config = config.replace("localhost:" + documented, "localhost:" + PORTS.get(documented));
    }
    server =
        TethysProcess.server(
            folder,
            config.replace("localhost:9090", "localhost:{port}"),
            "--web.enable-otlp-receiver",
            "--web.enable-pushgateway");
  }

  @AfterAll
  static void stop() throws InterruptedException {
    PROGRAMS.forEach(Process::destroy);
    for (Process p : PROGRAMS) {
      p.waitFor();
    }
    if (server != null) {
      server.close();
    }
  }

  /** Starts a program of the page. */
  private static Process run(String file, int port, String... command) throws IOException {
    Path at = folder.resolve(file);
    Files.writeString(at, FILES.get(file));
    List<String> all = new ArrayList<>(Arrays.asList(command));
    all.add(at.toString());
    ProcessBuilder b =
        new ProcessBuilder(all)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(file + ".log").toFile());
    b.environment().put("TETHYS", server.uri("").toString());
    b.environment().put("PORT", String.valueOf(PORTS.getOrDefault(port, 0)));
    Process p = b.start();
    PROGRAMS.add(p);
    return p;
  }

  private static Process java(String file, int port) throws IOException {
    return run(
        file,
        port,
        Path.of(System.getProperty("java.home"), "bin/java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"));
  }

  private static void awaits(String file, Process program, String promql, String value) {
    server.await(
        promql + " to be " + value,
        TIME_LIMIT,
        () -> {
          if (!program.isAlive() && program.exitValue() != 0) {
            throw new AssertionError(file + " ended: " + log(file));
          }
          return server.query(promql).contains(",\"" + value + "\"]");
        });
  }

  private static String log(String file) {
    try {
      return Files.readString(folder.resolve(file + ".log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void awaitsOrders(String file, Process program, String job) {
    awaits(file, program, "sum(shop_orders_total{job=\"" + job + "\"})", "100");
    awaits(file, program, "shop_orders_total{job=\"" + job + "\",kind=\"express\"}", "25");
  }

  @Test
  void prometheusForJava() throws IOException {
    Process p = java("PrometheusShop.java", 8001);
    awaitsOrders("PrometheusShop.java", p, "prometheus-java");
    awaits(
        "PrometheusShop.java",
        p,
        "histogram_count(shop_order_duration_seconds{job=\"prometheus-java\"})",
        "100");
    String quantile =
        server.query(
            "histogram_quantile(0.9, sum(shop_order_duration_seconds{job=\"prometheus-java\"}))");
    Matcher m = Pattern.compile("\"value\":\\[[0-9.]+,\"([0-9.]+)\"").matcher(quantile);
    assertThat(m.find()).as(quantile).isTrue();
    assertThat(Double.parseDouble(m.group(1))).isBetween(0.85, 0.95);
  }

  @Test
  void micrometer() throws IOException {
    Process p = java("MicrometerShop.java", 8002);
    awaitsOrders("MicrometerShop.java", p, "micrometer");
    awaits(
        "MicrometerShop.java", p, "shop_order_duration_seconds_count{job=\"micrometer\"}", "100");
  }

  @Test
  void openTelemetryForJava() throws IOException {
    Process p = java("OpenTelemetryShop.java", 0);
    awaitsOrders("OpenTelemetryShop.java", p, "opentelemetry-java");
    awaits(
        "OpenTelemetryShop.java",
        p,
        "shop_order_duration_seconds_count{job=\"opentelemetry-java\"}",
        "100");
  }

  @Test
  void python() throws Exception {
    String python = null;
    for (String candidate : List.of("python3", "/usr/bin/python3")) {
      if (python == null && succeeds(10, candidate, "-c", "import prometheus_client")) {
        python = candidate;
      }
    }
    assumeTrue(python != null, "Python with prometheus_client is not installed");
    Process p = run("shop.py", 8003, Objects.requireNonNull(python));
    awaitsOrders("shop.py", p, "python");
    awaits("shop.py", p, "shop_order_duration_seconds_count{job=\"python\"}", "100");
  }

  @Test
  void node() throws Exception {
    installed("prom-client@15.1.3");
    Process p = run("shop.mjs", 8004, "node");
    awaitsOrders("shop.mjs", p, "node");
    awaits("shop.mjs", p, "shop_order_duration_seconds_count{job=\"node\"}", "100");
  }

  @Test
  void openTelemetryForNode() throws Exception {
    installed(
        "@opentelemetry/sdk-metrics@2",
        "@opentelemetry/resources@2",
        "@opentelemetry/exporter-metrics-otlp-proto@0");
    Process p = run("otel-shop.mjs", 0, "node");
    awaitsOrders("otel-shop.mjs", p, "opentelemetry-node");
    awaits(
        "otel-shop.mjs", p, "shop_order_duration_seconds_count{job=\"opentelemetry-node\"}", "100");
  }

  @Test
  void jobEnds() throws Exception {
    assumeTrue(succeeds(10, "curl", "--version"), "curl is not installed");
    Process p = run("nightly.sh", 0, "sh");
    assertThat(p.waitFor()).as(() -> log("nightly.sh")).isZero();
    awaits("nightly.sh", p, "shop_nightly_orders{job=\"nightly\"}", "100");
    awaits(
        "nightly.sh", p, "time() - shop_nightly_last_success_timestamp_seconds < bool 3600", "1");
  }

  private static void installed(String... packages) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"));
    command.addAll(List.of(packages));
    assumeTrue(
        succeeds(120, command.toArray(String[]::new)),
        "npm cannot install " + String.join(", ", packages));
  }

  private static boolean succeeds(int seconds, String... command) throws InterruptedException {
    try {
      Process p =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!p.waitFor(seconds, TimeUnit.SECONDS)) {
        p.destroyForcibly();
        return false;
      }
      return p.exitValue() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }
}
