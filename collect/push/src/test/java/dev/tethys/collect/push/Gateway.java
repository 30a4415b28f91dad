package dev.tethys.collect.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.model.exposition.Registry;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** A running gateway, Prometheus's or ours, and what it answers in a form that can be compared. */
final class Gateway implements AutoCloseable {
  private static final Pattern TIME = Pattern.compile("\"time_stamp\":\"([^\"]+)\"");

  private final HttpClient client =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
  private final URI base;
  private final Closeable running;

  private Gateway(URI base, Closeable running) {
    this.base = base;
    this.running = running;
  }

  /** Prometheus's; the test is skipped if it does not exist. */
  static Gateway real(Path dir, String... flags) throws Exception {
    Path program = Shared.peer("prometheus-pushgateway");
    int port = Ports.free();
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.add("--web.listen-address=127.0.0.1:" + port);
    command.addAll(List.of(flags));
    ProcessBuilder b =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("peer.log").toFile());
    // Its times have an offset from UTC.
    b.environment().put("TZ", "Asia/Kolkata");
    Process peer = b.start();
    Gateway g =
        new Gateway(
            URI.create("http://127.0.0.1:" + port),
            () -> {
              peer.destroy(); // SIGTERM, at which it writes its file
              peer.onExit().join();
            });
    try {
      g.awaitReady();
      return g;
    } catch (Exception | AssertionError e) {
      g.close();
      throw e;
    }
  }

  private void awaitReady() throws InterruptedException {
    for (Instant end = Instant.now().plus(Duration.ofSeconds(20)); ; ) {
      try {
        if (get("/-/ready").statusCode() == 200) {
          return;
        }
      } catch (IOException e) {
        assertThat(Instant.now()).as("the peer starts").isBefore(end);
        Thread.onSpinWait();
      }
    }
  }

  static Gateway ours(PushOptions options) throws IOException {
    Registry own = new Registry();
    PushGroups groups = new PushGroups(options, InstantSource.system(), own);
    PushApi api = new PushApi(groups, own);
    Routes routes = new Routes().get("/metrics", (q, r) -> r.send(text(api)));
    api.pushes(routes, "");
    api.state(routes, "", new TreeMap<>(), new TreeMap<>(), Instant.now(), true);
    HttpListener listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    return new Gateway(
        URI.create("http://127.0.0.1:" + listener.addresses().getFirst().getPort()),
        () -> {
          listener.close();
          groups.close();
        });
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

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("Accept", "text/plain;version=0.0.4;escaping=allow-utf-8")
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  record Outcome(int status, String body) {}

  Outcome send(String method, String path, byte[] body, String... headers)
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

  /** What was pushed, without metrics of the program. */
  List<String> metrics() throws IOException, InterruptedException {
    return get("/metrics")
        .body()
        .lines()
        .filter(l -> !l.matches("(# (HELP|TYPE) )?(go|process|pushgateway)_.*"))
        // Groups describe t differently, and whose text the real one shows is chance.
        .filter(l -> !l.startsWith("# HELP t "))
        .toList();
  }

  /** The groups of the API, in the order of their text, times in UTC and to the microsecond. */
  List<String> json() throws IOException, InterruptedException {
    String body =
        TIME.matcher(get("/api/v1/metrics").body())
            .replaceAll(
                m ->
                    "\"time_stamp\":\""
                        + OffsetDateTime.parse(m.group(1))
                            .toInstant()
                            .truncatedTo(ChronoUnit.MICROS)
                        + '"');
    List<String> out = new ArrayList<>();
    for (String g : body.split("(?<=]}}),(?=\\{)")) {
      out.add(g.replace("{\"status\":\"success\",\"data\":[", "").replaceAll("]}$", ""));
    }
    out.sort(null);
    return out;
  }

  /** The same, of gateways that were not pushed to at the same moments. */
  static List<String> withoutTimes(List<String> lines) {
    return lines.stream()
        .map(l -> l.replaceAll("(push(_failure)?_time_seconds\\{.*}) 1[.\\d]+e\\+09", "$1 T"))
        .map(l -> l.replaceAll("\"time_stamp\":\"[^\"]+Z\"", "T"))
        .map(l -> l.replaceAll("\"value\":\"1[.\\d]+e\\+09\"", "V"))
        .toList();
  }

  /** Stops it; the real one has then written its file. */
  @Override
  public void close() throws IOException {
    running.close();
  }
}
