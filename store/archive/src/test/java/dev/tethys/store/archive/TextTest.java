package dev.tethys.store.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.archive.text.JsonLinesExport;
import dev.tethys.store.archive.text.JsonLinesImport;
import dev.tethys.store.archive.text.OpenMetricsExport;
import dev.tethys.store.archive.text.OpenMetricsImport;
import dev.tethys.store.metrics.BlockImport;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.SampleSorter;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenMetrics and JSON lines, both ways, with the programs that know them. */
@Tag("slow")
class TextTest {
  private static final long T0 = 1_699_999_200L;

  @TempDir Path folder;

  private interface Reader {
    void read(SampleSorter into) throws IOException;
  }

  /** Imports into a store; what it dumps then. */
  private List<String> imported(String name, Reader r) throws IOException {
    Path data = folder.resolve(name);
    try (MetricsDatabase db = MetricsDatabase.open(data, DataFolder.OFFLINE);
        SampleSorter sorter = db.sampleSorter(1 << 20)) {
      r.read(sorter);
      ImportReport report = new ImportReport();
      try (BlockImport into = db.blockImport()) {
        SortedImport.write(
            name,
            sorter,
            SortedImport.range(sorter),
            (l, b) -> {},
            into,
            report,
            Progress.NONE,
            b -> {});
      }
      List<String> out = Peer.dump(db);
      assertThat(report.samples()).isEqualTo(out.size());
      return out;
    }
  }

  private static String export(MetricsDatabase db, boolean json) {
    return export(db, json, false);
  }

  private static String export(MetricsDatabase db, boolean json, boolean full) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream to = new PrintStream(bytes, false, StandardCharsets.UTF_8);
        Selection s = db.select(SelectHints.range(Long.MIN_VALUE, Long.MAX_VALUE), List.of())) {
      OpenMetricsExport om = new OpenMetricsExport(to, full);
      JsonLinesExport lines = new JsonLinesExport(to, full);
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        (json ? lines : (SeriesVisitor) om).series(s.labels(i), b);
      }
      if (!json) {
        om.finish();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** Two days, the series mixed, classic histograms and odd names among them. */
  private static String openMetrics() {
    Random r = new Random(8);
    StringBuilder sb = new StringBuilder();
    sb.append("# TYPE latency histogram\n# HELP latency How long.\n");
    for (int i = 0; i < 3000; i++) {
      long t = T0 + i * 58;
      sb.append("latency_bucket{le=\"1\",host=\"h").append(r.nextInt(5)).append("\"} ");
      sb.append(r.nextInt(99)).append(' ').append(t).append(".5 # {trace=\"x\"} 0.5\n");
    }
    sb.append("# TYPE \"with.dots\" gauge\n");
    for (int i = 0; i < 500; i++) {
      sb.append("{\"with.dots\",\"a b\"=\"c\\nd\"} ").append(r.nextGaussian());
      sb.append(' ').append(T0 + i * 300).append('\n');
    }
    return sb.append("# EOF\n").toString();
  }

  @Test
  void readsOpenMetricsLikePromtool() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    List<String> want = Peer.dump(source);
    assertThat(want).hasSizeGreaterThan(3000);
    List<String> got =
        imported(
            "om",
            s -> new OpenMetricsImport(Map.of(), s, Progress.NONE).read(folder.resolve("in.om")));
    Peer.same(got, want);
    // What we write, promtool reads.
    Path back = folder.resolve("back");
    Files.createDirectories(back);
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("om"), DataFolder.OFFLINE)) {
      Peer.same(Peer.dump(Peer.blocks(back, export(db, false))), want);
    }
  }

  @Test
  void addsLabelsAndRejectsMalformedInputWithItsLine() throws IOException {
    Path in = folder.resolve("a.om");
    Files.writeString(in, "a 1 1700000000\n# EOF\n");
    assertThat(
            imported(
                "labels", s -> new OpenMetricsImport(Map.of("x", "y"), s, Progress.NONE).read(in)))
        .containsExactly("{__name__=\"a\", x=\"y\"} 1 1700000000000");
    for (String[] bad :
        new String[][] {
          {"a 1 1700000000\nb{ 1 2\n# EOF\n", "a.om: line 2: "},
          {"a 1 1700000000\n", "does not end with # EOF"},
          {"a 1 1700000000\nb 1\n# EOF\n", "expected timestamp for series {__name__=\"b\"}"},
          {"a 1 1700000000\n# EOF\nb 1 1700000000\n", "unexpected data after # EOF"},
        }) {
      Files.writeString(in, bad[0]);
      assertThatThrownBy(
              () ->
                  imported("bad", s -> new OpenMetricsImport(Map.of(), s, Progress.NONE).read(in)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(bad[1]);
    }
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("bad"), DataFolder.OFFLINE)) {
      assertThat(Peer.dump(db)).isEmpty();
    }
  }

  @Test
  void readsFileLargerThanAChunk() throws IOException {
    Path in = folder.resolve("large.om");
    StringBuilder sb = new StringBuilder("# TYPE h histogram\n");
    for (int i = 0; i < 150_000; i++) {
      sb.append("h_bucket{le=\"1\",n=\"").append(i % 10).append("\"} ").append(i).append(' ');
      sb.append(T0 + i).append('\n');
    }
    String good = sb + "# EOF\n";
    assertThat(good.length()).isGreaterThan(4 << 20);
    Files.writeString(in, good);
    List<String> got =
        imported("large", s -> new OpenMetricsImport(Map.of(), s, Progress.NONE).read(in));
    assertThat(got).hasSize(150_000).allMatch(l -> l.contains("le=\"1.0\""));
    Files.writeString(in, sb + "what?\n# EOF\n");
    assertThatThrownBy(
            () -> imported("x", s -> new OpenMetricsImport(Map.of(), s, Progress.NONE).read(in)))
        .hasMessageContaining("large.om: line 150002: ");
  }

  @Test
  void jsonLinesRoundTrip() throws IOException {
    Path in = folder.resolve("in.json");
    Files.writeString(
        in,
        """
        {"metric":{"__name__":"up","job":"a\\"b\\u00e9"},"values":[1,0.5,null,"Infinity","-Infinity"],"timestamps":[1700000000000,1700000015000,1700000030000,1700000045000,1700000060000]}
        {"timestamps":[1600000000000],"values":[-1e-300],"metric":{"__name__":"old"}}
        {"metric":{"__name__":"up","job":"a\\"b\\u00e9"},"values":[9,3],"timestamps":[1700000000000,1699999999999]}
        """);
    List<String> got =
        imported("json", s -> new JsonLinesImport(Map.of(), s, Progress.NONE).read(in));
    assertThat(got)
        .containsExactly(
            "{__name__=\"old\"} -1e-300 1600000000000",
            "{__name__=\"up\", job=\"a\\\"bé\"} 3 1699999999999",
            "{__name__=\"up\", job=\"a\\\"bé\"} 1 1700000000000",
            "{__name__=\"up\", job=\"a\\\"bé\"} 0.5 1700000015000",
            "{__name__=\"up\", job=\"a\\\"bé\"} NaN 1700000030000",
            "{__name__=\"up\", job=\"a\\\"bé\"} +Inf 1700000045000",
            "{__name__=\"up\", job=\"a\\\"bé\"} -Inf 1700000060000");
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("json"), DataFolder.OFFLINE)) {
      Files.writeString(in, export(db, true));
    }
    Peer.same(
        imported("again", s -> new JsonLinesImport(Map.of(), s, Progress.NONE).read(in)), got);
  }

  @Test
  void fullFormRestoresSamplesWithoutAStandardForm() throws IOException {
    Path in = folder.resolve("in.json");
    String lines =
        """
        {"metric":{"__name__":"a","b":"c\\"d"},"values":[1,3],"timestamps":[1700000000000,1700000030000]}
        {"metric":{"__name__":"a","b":"c\\"d"},"values":[2,"StaleNaN"],"timestamps":[1700000015000,1700000045000],"starts":[1699999990000,0]}
        {"metric":{"__name__":"h"},"values":[{"schema":1,"count":9,"sum":3.5,"zero_threshold":0.001,"zero_count":1,"positive_spans":[[-1,2],[3,1]],"positive_buckets":[3,4,1],"integer":true},\
        {"schema":1,"count":10,"sum":3.75,"zero_threshold":0.001,"zero_count":2,"positive_spans":[[-1,2],[3,1]],"positive_buckets":[3,4,1],"integer":true,"counter_reset":"no"},\
        {"schema":0,"count":0,"sum":"StaleNaN","integer":true}],"timestamps":[1700000000000,1700000015000,1700000030000]}
        {"metric":{"__name__":"n"},"values":[{"schema":-53,"count":3.5,"sum":"Infinity","positive_spans":[[0,2]],"positive_buckets":[1.5,2],"custom_values":[0.5,1],"counter_reset":"gauge"}],"timestamps":[1700000000000]}
        """;
    Files.writeString(in, lines);
    List<String> got =
        imported("full", s -> new JsonLinesImport(Map.of(), s, Progress.NONE).read(in));
    assertThat(got).hasSize(8);
    Path om = folder.resolve("full.om");
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("full"), DataFolder.OFFLINE)) {
      assertThat(export(db, true, true)).isEqualTo(lines);
      assertThat(export(db, true, false).lines()).hasSize(1);
      Files.writeString(om, export(db, false, true));
    }
    assertThat(Files.readString(om))
        .contains("# TETHYS {\"metric\":{\"__name__\":\"h\"}")
        .endsWith("\n# EOF\n");
    Peer.same(imported("om", s -> new OpenMetricsImport(Map.of(), s, Progress.NONE).read(om)), got);
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("om"), DataFolder.OFFLINE)) {
      assertThat(export(db, true, true)).isEqualTo(lines);
    }
    Files.writeString(
        om,
        "up 1 1700000000\n"
            + "# TETHYS {\"metric\":{\"__name__\":\"x\"},\"values\":[{\"p\":1}]\n"
            + "# EOF\n");
    assertThatThrownBy(
            () -> imported("bad", s -> new OpenMetricsImport(Map.of(), s, Progress.NONE).read(om)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("full.om: line 2: a histogram has no key p");
  }

  @Test
  void rejectsMalformedJsonWithItsPosition() throws IOException {
    Path in = folder.resolve("in.json");
    String good = "{\"metric\":{\"__name__\":\"a\"},\"values\":[1],\"timestamps\":[1]}\n";
    for (String[] bad :
        new String[][] {
          {"{\"metric\":{\"__name__\":\"a\"},\"values\":[1,2],\"timestamps\":[1]}", "2 values"},
          {"{\"metric\":{\"__name__\":\"a\"},\"values\":[true]", "a value must be a number"},
          {"{\"metric\":{\"__name__\":\"a\"},\"values\":[\"x\"]", "not \"x\""},
          {"{\"metric\":{\"__name__\":\"a\"},\"timestamps\":[1.5]", "a whole number"},
          {"{\"metric\":{},\"values\":[1],\"timestamps\":[1]}", "has no labels"},
          {"{\"metric\":{\"__name__\":1}}", "strings as values"},
          {
            "{\"metric\":{\"__name__\":\"a\"},\"values\":[1,2],\"timestamps\":[1,2],\"starts\":[1]}",
            "2 values and 1 starts"
          },
          {
            "{\"metric\":{\"__name__\":\"a\"},\"values\":[{\"schema\":1,\"count\":-1,\"sum\":0}]",
            "contradicts itself: observation count is -1"
          },
          {"{\"metrics\":{}}", "key metrics is unknown"},
          {"[1]", "a JSON object"},
          {"{\"metric\":", "in.json: line 2"},
        }) {
      Files.writeString(in, good + bad[0]);
      assertThatThrownBy(
              () -> imported("bad", s -> new JsonLinesImport(Map.of(), s, Progress.NONE).read(in)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("in.json: line 2 column ")
          .hasMessageContaining(bad[1]);
    }
  }

  @Test
  void omitsAndCountsStaleMarkers() {
    SampleBuffer b = new SampleBuffer();
    b.add(0, 1000, 5);
    b.add(0, 2000, Samples.STALE);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonLinesExport json = new JsonLinesExport(new PrintStream(out, true, StandardCharsets.UTF_8));
    json.series(Labels.of("__name__", "a"), b);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo("{\"metric\":{\"__name__\":\"a\"},\"values\":[5],\"timestamps\":[1000]}\n");
    assertThat(json.stale()).isEqualTo(1);
    OpenMetricsExport om =
        new OpenMetricsExport(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    om.series(Labels.of("__name__", "a"), b);
    assertThat(om.samples()).isEqualTo(1);
    assertThat(om.stale()).isEqualTo(1);
  }

  @Test
  void victoriaMetricsExchangesLinesBothWays() throws Exception {
    Path program = Shared.peer("victoria-metrics");
    Path in = folder.resolve("in.json");
    StringBuilder sb = new StringBuilder();
    // Within its retention of a month.
    long now = System.currentTimeMillis() / 60_000 * 60_000 - 3 * 86_400_000L;
    for (int h = 0; h < 5; h++) {
      sb.append("{\"metric\":{\"__name__\":\"load\",\"host\":\"h")
          .append(h)
          .append("\"},\"values\":[");
      StringBuilder times = new StringBuilder();
      for (int i = 0; i < 300; i++) {
        sb.append(i == 0 ? "" : ",").append(i % 7 + h / 4.0);
        times.append(i == 0 ? "" : ",").append(now + i * 60_000L);
      }
      sb.append("],\"timestamps\":[").append(times).append("]}\n");
    }
    Files.writeString(in, sb);
    List<String> want =
        imported("ours", s -> new JsonLinesImport(Map.of(), s, Progress.NONE).read(in));
    String lines;
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("ours"), DataFolder.OFFLINE)) {
      lines = export(db, true);
    }
    int port = Ports.free();
    Process p =
        new ProcessBuilder(
                program.toString(),
                "-storageDataPath=" + folder.resolve("vm"),
                "-httpListenAddr=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("vm.log").toFile())
            .start();
    try (HttpClient client = HttpClient.newHttpClient()) {
      String url = "http://127.0.0.1:" + port;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (post(client, url + "/api/v1/import", lines) != 204) {
        assertThat(System.nanoTime()).isLessThan(end);
        LockSupport.parkNanos(100_000_000);
      }
      post(client, url + "/internal/force_flush", "");
      String theirs =
          client
              .send(
                  HttpRequest.newBuilder(
                          URI.create(
                              url + "/api/v1/export?match%5B%5D=load&start=" + (now / 1000 - 60)))
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      Files.writeString(in, theirs);
    } finally {
      p.destroy();
      p.waitFor();
    }
    Peer.same(
        imported("theirs", s -> new JsonLinesImport(Map.of(), s, Progress.NONE).read(in)), want);
  }

  private static int post(HttpClient client, String url, String body) throws InterruptedException {
    try {
      return client
          .send(
              HttpRequest.newBuilder(URI.create(url))
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      return 0; // it does not listen yet
    }
  }
}
