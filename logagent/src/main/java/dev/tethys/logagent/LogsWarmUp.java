package dev.tethys.logagent;

import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.WarmUpFolder;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Training run of the start-up cache of {@code tethys logs}. It reads files, some lines unchanged
 * and some through the stages of a pod, and sends them to a Loki of this process. The compiler then
 * knows the hot code of a machine with many lines at every later start, which saves a fifth to a
 * half of the processor time of a short run. A server's cache contains none of it, and is twice as
 * large.
 */
public final class LogsWarmUp {
  private static final int PLAIN_BYTES = 60_000_000;
  private static final int POD_BYTES = 10_000_000;
  private static final long TIME_LIMIT = TimeUnit.SECONDS.toNanos(30);

  /** Time without an entry after which everything has been read. */
  private static final long QUIET_MILLIS = 500;

  /** Number of lines written one by one afterwards, as in normal operation. */
  private static final int SINGLE_LINES = 10;

  private static final long SINGLE_GAP_MILLIS = 150;

  private LogsWarmUp() {}

  /** Runs it; the exit code of the process. */
  public static int run() {
    AtomicLong received = new AtomicLong();
    Routes loki =
        new Routes()
            .post(
                "/loki/api/v1/push",
                (q, r) -> {
                  received.addAndGet(q.bodyBytes(1 << 24).length);
                  r.status(204).send();
                });
    try (HttpListener other =
            HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), loki, null);
        WarmUpFolder written = WarmUpFolder.create()) {
      Path folder = written.path();
      Path plain = folder.resolve("app.log");
      Path pod = folder.resolve("pod.log");
      write(plain, "", PLAIN_BYTES);
      write(pod, "2026-01-01T00:00:00.000000001Z stdout F ", POD_BYTES);
      Path config = folder.resolve("promtail.yml");
      Files.writeString(config, config(folder, other.port()));
      Thread.ofVirtual().start(() -> end(received, plain));
      return LogsRole.run(List.of("--config.file=" + config, "--log.level=error"));
    } catch (IOException e) {
      System.err.println("warm-up logs: " + e);
      return 1;
    }
  }

  /** Ends the run once no more entries arrive. */
  private static void end(AtomicLong received, Path live) {
    long until = System.nanoTime() + TIME_LIMIT;
    try {
      long before;
      do {
        before = received.get();
        Thread.sleep(QUIET_MILLIS);
      } while (System.nanoTime() < until && (before == 0 || before != received.get()));
      for (int i = 0; i < SINGLE_LINES; i++) {
        Files.writeString(live, "level=info msg=\"one more\"\n", StandardOpenOption.APPEND);
        Thread.sleep(SINGLE_GAP_MILLIS);
      }
    } catch (InterruptedException | IOException e) {
      System.err.println("warm-up logs: " + e);
    } finally {
      Shutdown.request();
    }
  }

  private static void write(Path file, String before, int bytes) throws IOException {
    Random random = new Random(1);
    try (BufferedWriter w = Files.newBufferedWriter(file)) {
      StringBuilder sb = new StringBuilder();
      for (int written = 0; written < bytes; written += sb.length()) {
        sb.setLength(0);
        sb.append(before).append("ts=2026-01-01T00:00:00Z level=info caller=main.go:");
        sb.append(random.nextInt(1000)).append(" msg=\"");
        while (sb.length() < 150) {
          sb.append(Long.toString(random.nextLong() >>> 1, 36)).append(' ');
        }
        w.append(sb.append("\" duration=").append(random.nextInt(1000)).append("ms\n"));
      }
    }
  }

  private static String config(Path folder, int port) {
    return """
    server: {http_listen_address: 127.0.0.1, http_listen_port: 0}
    positions: {filename: %1$s/positions.yaml, sync_period: 1s}
    clients: [{url: "http://127.0.0.1:%2$d/loki/api/v1/push"}]
    target_config: {sync_period: 1s}
    scrape_configs:
      - job_name: app
        static_configs: [{labels: {app: warm, __path__: "%1$s/app*.log"}}]
      - job_name: pods
        pipeline_stages:
          - cri: {}
          - logfmt: {mapping: {level: , ts: }}
          - labels: {level: }
        static_configs: [{labels: {app: pod, __path__: "%1$s/pod*.log"}}]
    """
        .formatted(folder, port);
  }
}
