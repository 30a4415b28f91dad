package dev.tethys.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reloads the configuration of a collector under load, and measures how long it reports delaying
 * batches and for how long nothing arrived.
 */
final class PipelineReloads {
  private static final int CALM_MILLIS = 10_000;
  private static final int BETWEEN_MILLIS = 100;
  private static final Pattern PAUSE =
      Pattern.compile("(?m)^tethys_config_last_reload_pause_seconds (\\S+)$");

  private final Path config;
  private final IntFunction<String> versions;
  private final int port;
  private final AtomicLong arrivedAt = new AtomicLong();
  private final AtomicLong silence = new AtomicLong(); // nanoseconds

  /**
   * Creates the reloads for one collector.
   *
   * @param versions configuration by version number
   * @param port port that receives reload requests
   */
  PipelineReloads(Path config, IntFunction<String> versions, int port) {
    this.config = config;
    this.versions = versions;
    this.port = port;
  }

  /** Records that an item has passed through. */
  void arrived() {
    long now = System.nanoTime();
    long before = arrivedAt.getAndSet(now);
    if (before != 0) {
      silence.accumulateAndGet(now - before, Math::max);
    }
  }

  /** Reloads a number of versions; returns a summary. */
  String run(int reloads) throws IOException, InterruptedException {
    silence.set(0);
    Thread.sleep(CALM_MILLIS);
    long calm = silence.getAndSet(0);
    double[] pauses = new double[reloads];
    double[] silences = new double[reloads];
    long answer = 0;
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int i = 1; i <= reloads; i++) {
        long begun = System.nanoTime();
        apply(i, client);
        answer = Math.max(answer, System.nanoTime() - begun);
        Matcher m = PAUSE.matcher(ask(client, HttpRequest.newBuilder(at("/metrics"))));
        if (!m.find()) {
          throw new AssertionError("the collector exposes no metric of its pauses");
        }
        Thread.sleep(BETWEEN_MILLIS);
        pauses[i - 1] = Double.parseDouble(m.group(1)) * 1000;
        silences[i - 1] = silence.getAndSet(0) / 1e6;
      }
    }
    return String.format(
        Locale.ROOT,
        "%d reloads: batches waited for %s ms, the slowest answer took %d ms; nothing arrived for"
            + " %s ms, for %d at most in %d s without reloads",
        reloads,
        text(pauses),
        answer / 1_000_000,
        text(silences),
        calm / 1_000_000,
        CALM_MILLIS / 1000);
  }

  /** Makes the collector load a version. */
  void apply(int version, HttpClient client) throws IOException, InterruptedException {
    Files.writeString(config, versions.apply(version));
    ask(client, HttpRequest.newBuilder(at("/-/reload")).POST(HttpRequest.BodyPublishers.noBody()));
  }

  /**
   * Formats the first reload, which loads what later ones use, and the distribution of the others.
   */
  private static String text(double[] millis) {
    double[] rest = Arrays.copyOfRange(millis, 1, millis.length);
    Arrays.sort(rest);
    return rest.length == 0
        ? String.format(Locale.ROOT, "%.1f", millis[0])
        : String.format(
            Locale.ROOT,
            "%.1f at first, then %.1f (median), %.1f (9 of 10), %.1f (at most)",
            millis[0],
            rest[rest.length / 2],
            rest[rest.length * 9 / 10],
            rest[rest.length - 1]);
  }

  private URI at(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private static String ask(HttpClient client, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    HttpResponse<String> r = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (r.statusCode() != 200) {
      throw new AssertionError(r.uri() + " was answered with " + r.statusCode() + ": " + r.body());
    }
    return r.body();
  }
}
