package dev.tethys.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.PushReader;
import dev.tethys.model.telemetry.LogsData;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Log files read and forwarded, compared with rsyslog's imfile. Prints for each megabytes per
 * second of processor time, memory, and the latency from a line's write to its delivery. Tethys
 * sends to a Loki that only counts (protobuf, snappy, HTTP); rsyslog sends lines over TCP without
 * any syslog header, its cheapest mode.
 *
 * <p>The files are written before and renamed into the folder once the program has delivered a
 * first line, so that neither writing nor starting counts.
 */
final class LogFiles {
  private static final Path RSYSLOGD = Path.of("/usr/sbin/rsyslogd");
  private static final String MARK = "written=";
  private static final long TIME_LIMIT = TimeUnit.MINUTES.toNanos(10);

  private final int megabytes;
  private final int files;
  private final int line;
  private final int probes;
  private final int gap;
  private final int rounds;
  private final int idle;
  private final int descriptors;
  private final int sync;
  private final int wait;
  private final int pause;
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong lines = new AtomicLong();
  private final AtomicLong probesSeen = new AtomicLong();
  private long[] latencies = {};

  private LogFiles(Options o) throws Options.WrongException {
    this.megabytes = o.count("mb");
    this.files = Math.max(1, o.count("files"));
    this.line = Math.max(40, o.count("line"));
    this.probes = o.count("probes");
    this.gap = o.count("gap");
    this.rounds = o.count("rounds");
    this.idle = o.count("idle");
    this.descriptors = o.count("descriptors");
    this.sync = o.count("sync");
    this.wait = o.count("batchwait");
    this.pause = o.count("batchpause");
  }

  /**
   * Options are {@code mb=1000 files=4 line=200 probes=2000 gap=5}: megabytes in total, bytes per
   * line, number of timed lines, milliseconds between them; words are programs. {@code rounds}
   * lines are then written to each file, in a different order each time; {@code idle} is a pause in
   * seconds; {@code descriptors} is the limit of the process, 0 for that of the shell; {@code sync}
   * the milliseconds between full scans; {@code batchwait} and {@code batchpause} are milliseconds,
   * -1 for the default. Returns 0 if every line arrived.
   */
  static int run(String[] args) throws Exception {
    Options options =
        new Options()
            .with("mb", 1000)
            .with("files", 4)
            .with("line", 200)
            .with("probes", 2000)
            .with("gap", 5)
            .with("rounds", 0)
            .with("idle", 0)
            .with("descriptors", 0)
            .with("sync", 250)
            .with("batchwait", -1)
            .with("batchpause", -1)
            .withWords("programs (tethys, rsyslog)", List.of("tethys", "rsyslog")::contains)
            .read(args);
    int failures = 0;
    for (String program : List.of("tethys", "rsyslog")) {
      if (!options.words().isEmpty() && !options.words().contains(program)) {
        continue;
      }
      if (program.equals("rsyslog") && !Files.isExecutable(RSYSLOGD)) {
        System.out.println("rsyslog: " + RSYSLOGD + " is not there; apt install rsyslog");
        continue;
      }
      failures += new LogFiles(options).race(program);
    }
    return failures == 0 ? 0 : 1;
  }

  private int race(String program) throws Exception {
    Path dir = Files.createTempDirectory("tethys-log-files");
    Path logs = Files.createDirectory(dir.resolve("logs"));
    latencies = new long[probes];
    long expected = write(dir);
    try (AutoCloseable sink = program.equals("tethys") ? loki(dir, logs) : tcp(dir, logs);
        ServerUnderTest server =
            ServerUnderTest.start(dir, p -> limited(command(program, dir)), Map.of())) {
      append(logs, "first\n");
      await(server, 1);
      ProcessStatistics figures = server.figures();
      double cpu = figures.cpuSeconds();
      long began = System.nanoTime();
      for (int i = 0; i < files; i++) {
        Files.move(dir.resolve("made-" + i), logs.resolve("f" + i + ".log"));
      }
      await(server, 1 + expected);
      double wall = (System.nanoTime() - began) / 1e9;
      cpu = figures.cpuSeconds() - cpu;
      System.out.printf(
          Locale.ROOT,
          "%s: %d lines, %d MB in %.1f s, %.1f MB/s; CPU %.2f s, %.1f MB/s a core; %d MB"
              + " resident%n",
          program,
          expected,
          megabytes,
          wall,
          megabytes / wall,
          cpu,
          megabytes / Math.max(cpu, 0.01),
          figures.resident() / 1024);
      double idle = figures.cpuSeconds();
      requests.set(0);
      probe(logs);
      await(server, 1 + expected + probes);
      double[] ms = Arrays.stream(latencies).mapToDouble(n -> n / 1e6).toArray();
      if (probes > 0) {
        System.out.printf(
            Locale.ROOT,
            "%s: from write to delivery p50 %.0f ms, p99 %.0f ms, most %.0f ms; CPU %.2f s for %d"
                + " lines, %d requests%n",
            program,
            Quantiles.of(ms, 0.5),
            Quantiles.of(ms, 0.99),
            Quantiles.of(ms, 1),
            figures.cpuSeconds() - idle,
            probes,
            requests.get());
      }
      expected += manyFiles(program, logs, server, figures, 1 + expected + probes);
    }
    if (lines.get() != 1 + expected + probes) {
      System.out.printf(
          "%s: %d lines arrived of %d%n", program, lines.get(), 1 + expected + probes);
      return 1;
    }
    return 0;
  }

  /** Lines for each file in turn, and a period without writes; returns the number of lines. */
  private long manyFiles(
      String program, Path logs, ServerUnderTest server, ProcessStatistics figures, long arrived)
      throws Exception {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < files; i++) {
      order.add(i);
    }
    double cpu = figures.cpuSeconds();
    long began = System.nanoTime();
    for (int r = 0; r < rounds; r++) {
      Collections.shuffle(order, new Random(r));
      for (int i : order) {
        Files.writeString(
            logs.resolve("f" + i + ".log"),
            "ts=2026-01-01T00:00:00Z level=info round=" + r + "\n",
            StandardOpenOption.APPEND);
      }
      await(server, arrived + (long) (r + 1) * files);
    }
    if (rounds > 0) {
      System.out.printf(
          Locale.ROOT,
          "%s: a line to each of %d files %d times: CPU %.2f s, %.1f s; %d files open, %d MB"
              + " resident%n",
          program,
          files,
          rounds,
          figures.cpuSeconds() - cpu,
          (System.nanoTime() - began) / 1e9,
          figures.openFiles(),
          figures.resident() / 1024);
    }
    if (idle > 0) {
      cpu = figures.cpuSeconds();
      Thread.sleep(TimeUnit.SECONDS.toMillis(idle));
      System.out.printf(
          Locale.ROOT,
          "%s: nothing for %d s: CPU %.2f s; %d files open, %d MB resident%n",
          program,
          idle,
          figures.cpuSeconds() - cpu,
          figures.openFiles(),
          figures.resident() / 1024);
    }
    return (long) rounds * files;
  }

  /** Writes the files; returns the number of lines. */
  private long write(Path dir) throws IOException {
    Random random = new Random(1);
    long count = 0;
    for (int i = 0; i < files; i++) {
      long remaining = megabytes * 1_000_000L / files;
      try (BufferedWriter w = Files.newBufferedWriter(dir.resolve("made-" + i))) {
        while (remaining > 0) {
          StringBuilder sb = new StringBuilder(line);
          sb.append("ts=2026-01-01T00:00:00.").append(count).append("Z level=info msg=\"");
          while (sb.length() < line - 2) {
            sb.append((char) ('a' + random.nextInt(26)));
          }
          sb.append("\"\n");
          w.append(sb);
          remaining -= sb.length();
          count++;
        }
      }
    }
    return count;
  }

  private static void append(Path logs, String text) throws IOException {
    Files.writeString(
        logs.resolve("live.log"), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private void probe(Path logs) throws IOException, InterruptedException {
    for (int i = 0; i < probes; i++) {
      append(logs, MARK + System.nanoTime() + "\n");
      Thread.sleep(gap);
    }
  }

  private void await(ServerUnderTest server, long wanted) throws Exception {
    long until = System.nanoTime() + TIME_LIMIT;
    while (lines.get() < wanted) {
      if (!server.isAlive() || System.nanoTime() > until) {
        throw new IOException(
            lines.get() + " lines of " + wanted + " arrived; see " + server.log());
      }
      Thread.sleep(2);
    }
  }

  private void arrived(String text) {
    if (text.startsWith(MARK)) {
      int i = (int) probesSeen.getAndIncrement();
      if (i < latencies.length) {
        latencies[i] = System.nanoTime() - Long.parseLong(text.substring(MARK.length()));
      }
    }
    lines.incrementAndGet();
  }

  private List<String> limited(List<String> command) {
    if (descriptors == 0) {
      return command;
    }
    List<String> out = new ArrayList<>();
    Collections.addAll(out, "sh", "-c", "ulimit -n " + descriptors + " && exec \"$@\"", "sh");
    out.addAll(command);
    return out;
  }

  private static List<String> command(String program, Path dir) {
    if (program.equals("rsyslog")) {
      return List.of(
          RSYSLOGD.toString(),
          "-n",
          "-f",
          dir.resolve("rsyslog.conf").toString(),
          "-i",
          dir.resolve("pid").toString());
    }
    return List.of(
        ServerUnderTest.launcher().toString(),
        "logs",
        "-config.file=" + dir.resolve("promtail.yml"),
        "-server.disable");
  }

  private AutoCloseable loki(Path dir, Path logs) throws IOException {
    HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    s.setExecutor(Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().factory()));
    s.createContext("/loki/api/v1/push", this::pushed);
    s.start();
    Files.writeString(
        dir.resolve("promtail.yml"),
        """
        positions: {filename: %s/positions.yaml, sync_period: 1s}
        clients: [{url: "http://127.0.0.1:%d/loki/api/v1/push"%s}]
        target_config: {sync_period: %dms}
        scrape_configs:
          - job_name: bench
            static_configs: [{labels: {app: bench, __path__: %s/*.log}}]
        """
            .formatted(dir, s.getAddress().getPort(), waits(), sync, logs));
    return () -> s.stop(0);
  }

  private String waits() {
    return (wait < 0 ? "" : ", batchwait: " + wait + "ms")
        + (pause < 0 ? "" : ", batchpause: " + pause + "ms");
  }

  private void pushed(HttpExchange x) throws IOException {
    requests.incrementAndGet();
    byte[] sent = x.getRequestBody().readAllBytes();
    byte[] b = Compression.SNAPPY.decompress(sent, 0, sent.length, 256 << 20);
    LogsData d = PushReader.protobuf(b, 0, b.length);
    d.resources()
        .forEach(
            r ->
                r.scopes().forEach(s -> s.items().forEach(i -> arrived(String.valueOf(i.body())))));
    x.sendResponseHeaders(204, -1);
    x.close();
  }

  private AutoCloseable tcp(Path dir, Path logs) throws IOException {
    ServerSocket s = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  Socket c = s.accept();
                  Thread.ofVirtual().start(() -> read(c));
                }
              } catch (IOException e) {
                // closed: the race is over
              }
            });
    Files.writeString(
        dir.resolve("rsyslog.conf"),
        """
        global(workDirectory="%s" maxMessageSize="64k")
        module(load="imfile" mode="inotify")
        template(name="line" type="string" string="%%msg%%\\n")
        input(type="imfile" file="%s/*.log" tag="bench:")
        action(type="omfwd" target="127.0.0.1" port="%d" protocol="tcp" template="line")
        """
            .formatted(dir, logs, s.getLocalPort()));
    return s;
  }

  private void read(Socket c) {
    try (BufferedReader r =
        new BufferedReader(
            new InputStreamReader(c.getInputStream(), StandardCharsets.UTF_8), 1 << 16)) {
      String l;
      while ((l = r.readLine()) != null) {
        arrived(l);
      }
    } catch (IOException e) {
      // the program ended
    }
  }
}
