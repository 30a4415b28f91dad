package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real carbon-cache, whose whisper files are read by Graphite's own library. */
@Tag("contrib")
@Tag("slow")
class CarbonExporterTest {
  private static final Duration TIME_LIMIT = Duration.ofMinutes(2);

  /**
   * Prints for each path the name and tags that Graphite takes it for, and the content of its file.
   */
  private static final String READER =
      """
      import json, os, sys, urllib.parse, warnings
      warnings.simplefilter('ignore')
      import whisper
      from carbon.util import TaggedSeries
      root, since = sys.argv[1], int(sys.argv[2])
      for line in sys.stdin:
          path = TaggedSeries.parse(line.rstrip('\\n')).path
          file = TaggedSeries.encode(path, sep='/', hash_only=True) if ';' in path else path.replace('.', '/')
          file = os.path.join(root, file) + '.wsp'
          parts = path.split(';')
          labels = {}
          for tag in parts[1:]:
              k, v = tag.split('=', 1)
              labels[urllib.parse.unquote(k)] = urllib.parse.unquote(v)
          points = {}
          if os.path.exists(file):
              (start, end, step), values = whisper.fetch(file, since - 1, since + 1000, since + 1000)
              points = {start + i * step: v for i, v in enumerate(values) if v is not None}
          print(urllib.parse.unquote(parts[0]), '|', json.dumps(sorted(labels.items()), ensure_ascii=True), '|',
                ' '.join('%d=%s' % (t, v.hex()) for t, v in sorted(points.items())))
      """;

  @TempDir Path folder;
  private final int lines = Ports.free();
  private final int pickles = Ports.free();
  private final long now = System.currentTimeMillis() / 1000 - 600;
  private ServerProcess carbon;

  @BeforeEach
  void startCarbon() throws Exception {
    Path program = ServerProcess.find("carbon-cache");
    Path conf = folder.resolve("carbon.conf");
    Files.writeString(
        conf,
        """
        [cache]
        STORAGE_DIR = %1$s
        CONF_DIR = %1$s
        LOG_DIR = %1$s
        PID_DIR = %1$s
        LOCAL_DATA_DIR = %1$s/whisper
        LINE_RECEIVER_INTERFACE = 127.0.0.1
        LINE_RECEIVER_PORT = %2$d
        ENABLE_UDP_LISTENER = True
        UDP_RECEIVER_INTERFACE = 127.0.0.1
        UDP_RECEIVER_PORT = %2$d
        PICKLE_RECEIVER_INTERFACE = 127.0.0.1
        PICKLE_RECEIVER_PORT = %3$d
        CACHE_QUERY_INTERFACE = 127.0.0.1
        CACHE_QUERY_PORT = %4$d
        ENABLE_TAGS = False
        MAX_CACHE_SIZE = inf
        MAX_UPDATES_PER_SECOND = inf
        MAX_CREATES_PER_MINUTE = inf
        """
            .formatted(folder, lines, pickles, Ports.free()));
    Files.writeString(
        folder.resolve("storage-schemas.conf"), "[all]\npattern = .*\nretentions = 1s:1h\n");
    carbon =
        new ServerProcess(
            lines,
            folder.resolve("log"),
            Map.of("PYTHONWARNINGS", "ignore"),
            List.of(program.toString(), "--config=" + conf, "--nodaemon", "start"));
    TestPipeline.await("carbon takes pickles", TIME_LIMIT, () -> accepts(pickles));
  }

  @AfterEach
  void stopCarbon() {
    if (carbon != null) {
      carbon.close();
    }
  }

  private static boolean accepts(int port) {
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return s.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Series as they are to come back: the name, labels as JSON, points. */
  private final Map<String, TreeMap<Long, Double>> expected = new TreeMap<>();

  private final List<String> paths = new ArrayList<>();

  private void expect(String path, String shown, long seconds, double value) {
    if (!paths.contains(path)) {
      paths.add(path);
    }
    expected.computeIfAbsent(shown, x -> new TreeMap<>()).put(seconds, value);
  }

  private List<String> read() throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(
                "/usr/bin/python3", "-c", READER, folder.resolve("whisper").toString(), "" + now)
            .redirectError(folder.resolve("reader").toFile())
            .start();
    try (var in = p.outputWriter(StandardCharsets.UTF_8)) {
      in.write(String.join("\n", paths) + "\n");
    }
    List<String> out = p.inputReader(StandardCharsets.UTF_8).readAllLines();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    // carbon may just be making a file, of which whisper can make nothing
    return p.exitValue() == 0 ? out : List.of(Files.readString(folder.resolve("reader")));
  }

  private List<String> wanted() {
    List<String> out = new ArrayList<>();
    expected.forEach(
        (shown, points) -> {
          StringBuilder sb = new StringBuilder(shown);
          points.forEach(
              (t, v) ->
                  sb.append(sb.charAt(sb.length() - 1) == ' ' ? "" : " ")
                      .append(t)
                      .append('=')
                      .append(hex(v)));
          out.add(sb.toString());
        });
    return out;
  }

  /** As Python writes a float bit for bit. */
  private static String hex(double v) {
    if (v == 0) {
      return Double.doubleToRawLongBits(v) < 0 ? "-0x0.0p+0" : "0x0.0p+0";
    }
    long bits = Double.doubleToRawLongBits(v);
    int exponent = (int) (bits >> 52 & 0x7ff);
    String mantissa = String.format("%013x", bits & 0xfffffffffffffL);
    return (v < 0 ? "-" : "")
        + (exponent == 0 ? "0x0." : "0x1.")
        + mantissa
        + "p"
        + (exponent == 0 ? "-1022" : String.format("%+d", exponent - 1023));
  }

  private static String json(String s) {
    StringBuilder sb = new StringBuilder("\"");
    for (char c : s.toCharArray()) {
      switch (c) {
        case '"', '\\' -> sb.append('\\').append(c);
        case '\n' -> sb.append("\\n");
        case '\r' -> sb.append("\\r");
        case '\t' -> sb.append("\\t");
        default -> sb.append(c < 32 || c > 126 ? String.format("\\u%04x", (int) c) : c);
      }
    }
    return sb.append('"').toString();
  }

  private void compare() throws Exception {
    List<String> want = wanted();
    List<List<String>> last = new ArrayList<>();
    try {
      TestPipeline.await(
          "everything stands in whisper's files",
          TIME_LIMIT,
          () -> {
            try {
              Thread.sleep(200); // the reader is its own process
              List<String> found = read().stream().sorted().toList();
              last.add(found);
              return found.equals(want);
            } catch (IOException | InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
    } catch (AssertionError e) {
      if (last.isEmpty()) {
        throw e; // the reader did not end
      }
      List<String> more = new ArrayList<>(last.getLast());
      more.removeAll(want);
      want.removeAll(last.getLast());
      assertThat(more).isEqualTo(want);
      throw e;
    }
  }

  private Batch hostile() {
    WriteRequestWriter w = new WriteRequestWriter();
    double[] values = {
      0.0, -0.0, 0.1, 1e-300, 1.7976931348623157e308, 4.9e-324, 9007199254740993.0, 1e21, -5
    };
    int n = 0;
    for (String value : KnownSamples.HOSTILE) {
      double v = values[n % values.length];
      String name = n % 2 == 0 ? "http.requests" : "odd name " + n;
      w.beginSeries(Labels.of(Labels.METRIC_NAME, name, "name", value, "n", "" + n));
      w.sample((now + n) * 1000 + 999, v).endSeries();
      expect(
          name.replace(" ", "%20") + ";n=" + n + ";%6Eame=" + escaped(value),
          name + " | [[\"n\", \"" + n + "\"], [\"name\", " + json(value) + "]] |",
          now + n,
          v);
      n++;
    }
    double[] marked = {
      Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Samples.STALE
    };
    w.beginSeries(Labels.of(Labels.METRIC_NAME, "temperature", "job", "node"));
    for (int i = 0; i < marked.length; i++) {
      w.sample((now + i) * 1000, marked[i]);
      expect(
          "temperature.notfinite;job=node",
          "temperature.notfinite | [[\"job\", \"node\"]] |",
          now + i,
          NonFiniteText.mark(marked[i]));
    }
    w.endSeries();
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), n + marked.length, 0);
  }

  /** As the page of the destination says it. */
  private static String escaped(String value) {
    StringBuilder sb = new StringBuilder();
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      sb.append(
          c < 128 && (Character.isLetterOrDigit(c) || "_-:./@+,".indexOf(c) >= 0)
              ? String.valueOf(c)
              : String.format("%%%02X", (int) c));
    }
    return sb.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ", confirm: false",
        ", format: pickle",
        ", transport: udp, max_datagram_bytes: 8000"
      })
  void writesEverySampleToAFile(String keys) throws Exception {
    Batch b = hostile();
    int port = keys.contains("pickle") ? pickles : lines;
    try (TestPipeline p =
        new TestPipeline(Signal.METRICS, "carbon", "endpoint: 'localhost:" + port + "'" + keys)) {
      p.send(b);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(b.items());
    }
    compare();
  }

  @Test
  void faultsLoseNothing() throws Exception {
    try (FaultProxy proxy = new FaultProxy(lines);
        TestPipeline p =
            new TestPipeline(
                Signal.METRICS,
                "carbon",
                "endpoint: '127.0.0.1:" + proxy.port() + "', timeout: 2s")) {
      int n = 0;
      for (FaultProxy.Fault f :
          List.of(
              FaultProxy.Fault.REFUSED,
              FaultProxy.Fault.RESET_HALFWAY,
              FaultProxy.Fault.ANSWER_LOST,
              FaultProxy.Fault.NONE)) {
        proxy.set(f);
        WriteRequestWriter w = new WriteRequestWriter();
        for (int i = 0; i < 60; i++) {
          w.beginSeries(Labels.of(Labels.METRIC_NAME, "faults", "i", "" + i));
          w.sample((now + n) * 1000, n * 1000 + i).endSeries();
          expect("faults;i=" + i, "faults | [[\"i\", \"" + i + "\"]] |", now + n, n * 1000 + i);
        }
        p.send(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 60, 0));
        if (f != FaultProxy.Fault.NONE) {
          TestPipeline.await(f + " was met", TIME_LIMIT, () -> proxy.met() >= 2);
        }
        n++;
      }
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(240);
    }
    compare();
  }

  @Test
  void buildsPathsFromLabels() throws Exception {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of(Labels.METRIC_NAME, "up", "job", "node", "instance", "10.0.0.1:9100"));
    w.sample(now * 1000, 1).endSeries();
    expect(
        "prod.none.node.up.instance.10%2E0%2E0%2E1:9100",
        "prod.none.node.up.instance.10.0.0.1:9100 | [] |", now, 1);
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS,
            "carbon",
            "endpoint: '127.0.0.1:%d', path: 'prod.{zone}.{job}.{__name__}', tags: false"
                .formatted(lines))) {
      p.send(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 0));
      p.drain(TIME_LIMIT);
    }
    compare();
  }

  @Test
  void probesDestination() throws Exception {
    Printed printed = Printed.of("exporter", "check", "carbon+localhost:" + lines);
    assertThat(printed.err()).contains("is not TYPE+URL");
    String config =
        "yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {carbon: {endpoint:"
            + " 'localhost:%d'}}, service: {pipelines: {metrics: {receivers: [otlp], exporters:"
                .formatted(lines)
            + " [carbon]}}}}";
    printed = Printed.of("exporter", "check", "carbon", "--config=" + config);
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("tethys_probe = 42.5");
    assertThat(printed.status()).isZero();
    assertThat(carbon.log()).doesNotContain("invalid line");
  }
}
