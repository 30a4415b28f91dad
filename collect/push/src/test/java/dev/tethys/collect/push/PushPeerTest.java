package dev.tethys.collect.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.codec.exposition.Families;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same requests to Prometheus's Pushgateway and to ours. */
class PushPeerTest {
  @TempDir Path dir;
  private final HttpClient client =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
  private Process peer;
  private HttpListener listener;
  private PushGroups groups;
  private URI theirs;
  private URI ours;

  @BeforeEach
  void start() throws Exception {
    Path program = Shared.peer("prometheus-pushgateway");
    int port = Ports.free();
    peer =
        new ProcessBuilder(
                program.toString(),
                "--web.listen-address=127.0.0.1:" + port,
                "--persistence.file=",
                "--web.enable-admin-api")
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("peer.log").toFile())
            .start();
    theirs = URI.create("http://127.0.0.1:" + port);
    Registry own = new Registry();
    groups = new PushGroups(PushOptions.DEFAULT, InstantSource.system(), own);
    PushApi api = new PushApi(groups, own);
    Routes routes = new Routes().get("/metrics", (q, r) -> r.send(text(api)));
    api.pushes(routes, "");
    api.state(routes, "", new TreeMap<>(), new TreeMap<>(), Instant.now(), true);
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    ours = URI.create("http://127.0.0.1:" + listener.addresses().getFirst().getPort());
    for (Instant end = Instant.now().plus(Duration.ofSeconds(20)); ; ) {
      try {
        if (get(theirs, "/-/ready").statusCode() == 200) {
          break;
        }
      } catch (IOException e) {
        assertThat(Instant.now()).as("the peer starts").isBefore(end);
        Thread.onSpinWait();
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (listener != null) {
      listener.close();
      groups.close();
    }
    if (peer != null) {
      peer.destroyForcibly().waitFor();
    }
  }

  private static String text(PushApi api) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(
            new ExpositionFormat.Negotiated(
                ExpositionFormat.TEXT_0_0_4, EscapingScheme.ALLOW_UTF_8),
            out);
    api.gather().forEach(w::write);
    w.finish();
    return out.toString(StandardCharsets.UTF_8);
  }

  private HttpResponse<String> get(URI base, String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(base.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private record Outcome(int status, String body) {}

  private Outcome send(URI base, String method, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create(base + path))
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      b.header(headers[i], headers[i + 1]);
    }
    HttpResponse<String> r = client.send(b.build(), HttpResponse.BodyHandlers.ofString());
    return new Outcome(r.statusCode(), r.body().replaceAll(" {2,}", " "));
  }

  private void same(String method, String path, String body) throws Exception {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    assertThat(send(ours, method, path, b))
        .as("%s %s", method, path)
        .isEqualTo(send(theirs, method, path, b));
  }

  /** Which of two groups is in the wrong is chance there. */
  private void sameKind(String path, String body) throws Exception {
    sameComplaint(path, body, "} is not a ");
  }

  private void sameComplaint(String path, String body, String complaint) throws Exception {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    Outcome o = send(ours, "PUT", path, b);
    assertThat(o.body()).contains(complaint);
    Outcome t = send(theirs, "PUT", path, b);
    assertThat(t.body()).contains(complaint);
    assertThat(o.status()).isEqualTo(t.status());
  }

  /** What was pushed, without times and metrics of the programs. */
  private List<String> metrics(URI base) throws Exception {
    return get(base, "/metrics")
        .body()
        .lines()
        .filter(l -> !l.matches("(# (HELP|TYPE) )?(go|process|pushgateway)_.*"))
        // Groups describe t differently, and whose text the real one shows is chance.
        .filter(l -> !l.startsWith("# HELP t "))
        .map(l -> l.replaceAll("(push(_failure)?_time_seconds\\{.*}) 1[.\\d]+e\\+09", "$1 T"))
        .toList();
  }

  private void sameState() throws Exception {
    assertThat(metrics(ours)).isEqualTo(metrics(theirs));
    assertThat(json(ours)).isEqualTo(json(theirs));
  }

  /** The groups of the API, in the order of their text, without times. */
  private List<String> json(URI base) throws Exception {
    String body =
        get(base, "/api/v1/metrics")
            .body()
            .replaceAll("\"time_stamp\":\"[^\"]+Z\"", "T")
            .replaceAll("\"value\":\"1[.\\d]+e\\+09\"", "V");
    List<String> out = new ArrayList<>();
    for (String g : body.split("(?<=]}}),(?=\\{)")) {
      out.add(g.replace("{\"status\":\"success\",\"data\":[", "").replaceAll("]}$", ""));
    }
    out.sort(null);
    return out;
  }

  @Test
  void pushesAreTakenAndRefusedAlike() throws Exception {
    same("PUT", "/metrics/job/a", "x 1\nx 2\n");
    same("PUT", "/metrics/job/a", "x 1 5\n");
    sameState();
    same("PUT", "/metrics/job/a", "# TYPE t counter\nt 1\n");
    sameKind("/metrics/job/b", "# TYPE t gauge\nt 1\n");
    same("PUT", "/metrics/job/b/x", "a 1\n");
    same("PUT", "/metrics/job/b/x-y/1", "a 1\n");
    same("PUT", "/metrics/job/b/__x/1", "a 1\n");
    same("PUT", "/metrics/job@base64/!!", "a 1\n");
    same("PUT", "/metrics/job/x/y@base64/a~", "a 1\n");
    same("PUT", "/metrics/job/x/y@base64/YWJjZ!A", "a 1\n");
    same("PUT", "/metrics/job/x/y@base64/YWJjZ", "a 1\n");
    same("PUT", "/metrics/job@base64/=", "a 1\n");
    same("PUT", "/metrics/job/c/y@base64/L3Zhcg==", "a 1\n");
    same("PUT", "/metrics/job/c/y@base64/=", "a{y=\"z\"} 1\n");
    same("PUT", "/metrics/job/c%20d/y/%C3%A9", "a 1\n");
    same("PUT", "/metrics/job/d/job/e", "a 1\n");
    same("PUT", "/metrics/job/d/y/1/y/2", "a 1\n");
    same("PUT", "/metrics/job/d/y/1/", "a 1\n");
    same("PUT", "/metrics/job/a", "x 1\n# garbage");
    same("PUT", "/metrics/job/a", "x{\n");
    same("POST", "/metrics/job/a", "y 1\n");
    same("PUT", "/metrics/job/e", "");
    same(
        "PUT",
        "/metrics/job/f",
        """
        # TYPE h histogram
        h_bucket{le="1"} 1
        h_bucket{le="+Inf"} 2
        h_sum 3
        h_count 2
        # TYPE s summary
        s{quantile="0.5"} 1e7
        s_sum 3
        s_count 2
        # HELP t xx
        # TYPE t counter
        t{instance="q",job="zz"} 7
        """);
    sameComplaint("/metrics/job/g", "h_count 1\n", " collides with previously collected ");
    sameKind("/metrics/job/g", "# TYPE h counter\nh 1\n");
    sameKind("/metrics/job/g", "# TYPE a summary\na{quantile=\"1\"} 1\na_sum 1\na_count 2\n");
    same("PUT", "/metrics/job/g", "{\"a.b\"} 1\n");
    same("PUT", "/metrics/job/g/instance/i", "g 1000000\ng2 0.000001\ng3 NaN\ng4 -Inf\n");
    sameState();
    same("POST", "/metrics/job/f", "# TYPE t counter\nt 8\n# TYPE new gauge\nnew 1\n");
    same("PUT", "/metrics/job/g/instance/i", "g 2\n");
    same("DELETE", "/metrics/job/a", "");
    same("DELETE", "/metrics/job/nowhere", "");
    same("DELETE", "/metrics/job/nowhere/x", "");
    same("PUT", "/metrics/job/c", "a{y=\"/var\"} 1\n"); // another group has this series
    sameState();
    same("PUT", "/api/v1/admin/wipe", "");
    same("PUT", "/metrics/job/z", "z 1\n");
    sameState();
  }

  @Test
  void bodiesComeInAllEncodings() throws Exception {
    byte[] text = "# TYPE c counter\nc{a=\"b\"} 5\n".getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (OutputStream gz = new GZIPOutputStream(zipped)) {
      gz.write(text);
    }
    ByteArrayOutputStream proto = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(
            new ExpositionFormat.Negotiated(ExpositionFormat.PROTOBUF, EscapingScheme.ALLOW_UTF_8),
            proto);
    Families.text(text, NameScheme.LEGACY).forEach(w::write);
    w.finish();
    String type =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            + " encoding=delimited";
    for (URI base : List.of(theirs, ours)) {
      assertThat(
              send(base, "PUT", "/metrics/job/1", zipped.toByteArray(), "Content-Encoding", "gzip"))
          .isEqualTo(new Outcome(200, ""));
      assertThat(send(base, "PUT", "/metrics/job/2", framed(text), "Content-Encoding", "snappy"))
          .isEqualTo(new Outcome(200, ""));
      assertThat(send(base, "PUT", "/metrics/job/3", proto.toByteArray(), "Content-Type", type))
          .isEqualTo(new Outcome(200, ""));
      assertThat(send(base, "PUT", "/metrics/job/4", text, "Content-Encoding", "gzip").status())
          .isEqualTo(400);
      assertThat(send(base, "PUT", "/metrics/job/5", text, "Content-Encoding", "snappy"))
          .isEqualTo(new Outcome(400, "snappy: corrupt input\n"));
      assertThat(send(base, "PUT", "/metrics/job/6", text, "Content-Type", type).status())
          .isEqualTo(400);
    }
    sameState();
  }

  private static byte[] framed(byte[] text) {
    byte[] block = SnappyBlock.encode(text, 0, text.length);
    CRC32C crc = new CRC32C();
    crc.update(text);
    int c = (int) crc.getValue();
    int masked = (c >>> 15 | c << 17) + 0xa282ead8;
    int n = block.length + 4;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0xff, 6, 0, 0});
    out.writeBytes("sNaPpY".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[] {0, (byte) n, (byte) (n >> 8), (byte) (n >> 16)});
    out.writeBytes(
        new byte[] {
          (byte) masked, (byte) (masked >> 8), (byte) (masked >> 16), (byte) (masked >> 24)
        });
    out.writeBytes(block);
    return out.toByteArray();
  }
}
