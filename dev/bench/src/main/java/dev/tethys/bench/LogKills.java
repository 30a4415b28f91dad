package dev.tethys.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.loki.PushReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Kill test of a log agent. It is ended by SIGKILL or regularly at random, while the files it reads
 * are written, renamed, copied and truncated, compressed, and Loki stops and restarts: every line
 * must arrive at Loki in the end. After a regular end no line may be sent twice.
 *
 * <p>Rotations respect the needs of any reader: nothing is renamed before the agent has opened a
 * file of that name, a generation is deleted once it is delivered, and a file is copied and
 * truncated only when a part of it was delivered earlier, since a copy of an unread file cannot be
 * recognised. With {@code hasty=1} files are rotated without these rules, and lines of contents
 * that no agent had saved are counted separately.
 */
final class LogKills {
  private static final Pattern LINE = Pattern.compile("f(\\d{1,3}) (\\d{1,9}) x* end");
  private static final int GENERATIONS = 6;
  private static final long TIME_LIMIT = TimeUnit.MINUTES.toNanos(3);
  private static final long SAVED = TimeUnit.SECONDS.toNanos(3); // twice the positions' period
  private static final long CALM_MILLIS = 3000;

  /** One log with its written and received lines. Guarded by itself. */
  private static final class Stream {
    final String name;
    final Path file;
    int written; // lines
    int contentFrom; // first line of the file's current content
    long seenAt; // when a line of that came first, nanoseconds; 0 for not yet
    boolean known; // something of it was saved once
    final int[] lastOf = new int[GENERATIONS + 2]; // lines up to each older generation
    final BitSet came = new BitSet();
    final BitSet unsaved = new BitSet(); // lines of contents that were rotated before that
    long again;
    long backwards;
    int life;
    int before; // the line that came last in that life of the agent

    Stream(String name, Path folder) {
      this.name = name;
      this.file = folder.resolve(name + ".log");
    }

    synchronized void arrived(int line, int agentsLife) {
      if (life == agentsLife && line < before) {
        backwards++;
      }
      life = agentsLife;
      before = line;
      if (came.get(line)) {
        again++;
      }
      came.set(line);
      if (seenAt == 0 && line >= contentFrom) {
        seenAt = System.nanoTime();
      }
    }

    /** Whether a life of the agent that has seen the file has saved that it has. */
    synchronized boolean isSaved() {
      boolean saved = seenAt != 0 && System.nanoTime() - seenAt > SAVED;
      known |= saved;
      return saved;
    }

    synchronized boolean hasAllUpTo(int line) {
      BitSet b = (BitSet) unsaved.clone();
      b.or(came);
      return b.nextClearBit(0) >= line;
    }

    synchronized int missing() {
      return written - came.cardinality();
    }

    /** Returns the number of missing entries for which no agent is responsible. */
    synchronized int missingUnsaved() {
      BitSet b = (BitSet) unsaved.clone();
      b.andNot(came);
      return b.cardinality();
    }

    synchronized void rotatedUnsaved() {
      unsaved.set(contentFrom, written);
    }
  }

  private final Random random;
  private final Path dir;
  private final Path logs;
  private final Stream[] streams;
  private final boolean hasty;
  private int renamed;
  private int copied;
  private int compressed;
  private volatile boolean away;
  private volatile boolean writing = true;
  private final AtomicInteger broken = new AtomicInteger();
  private volatile int worked; // the last life that sent anything
  private int life;
  private @Nullable Process agent;

  private LogKills(Path dir, int files, long seed, boolean hasty) throws IOException {
    this.hasty = hasty;
    this.dir = dir;
    this.logs = Files.createDirectory(dir.resolve("logs"));
    this.random = new Random(seed);
    this.streams = new Stream[files];
    for (int i = 0; i < files; i++) {
      streams[i] = new Stream("f" + i, logs);
    }
  }

  /** Options are {@code files=4 seconds=60 seed=1 hasty=0}. 0 if every line arrived. */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("files", 4)
            .with("seconds", 60)
            .with("seed", 1)
            .with("hasty", 0)
            .read(args);
    Path dir = Files.createTempDirectory("tethys-log-kills");
    LogKills k = new LogKills(dir, o.count("files"), o.number("seed"), o.number("hasty") != 0);
    HttpServer loki =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    loki.setExecutor(Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().factory()));
    loki.createContext("/loki/api/v1/push", k::pushed);
    loki.start();
    try {
      int result = k.run(loki.getAddress().getPort(), o.count("seconds"));
      if (result == 0) {
        Fuzz.delete(dir);
      }
      return result;
    } finally {
      k.writing = false;
      Process p = k.agent;
      if (p != null) {
        p.destroyForcibly().waitFor();
      }
      loki.stop(0);
    }
  }

  private int run(int port, int seconds) throws Exception {
    Thread writer = Thread.ofPlatform().name("writer").start(this::write);
    Random times = new Random(random.nextLong());
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    int kills = 0;
    int ends = 0;
    start(port);
    while (System.nanoTime() < end) {
      awaitWork();
      Thread.sleep(times.nextInt(4000));
      away = times.nextInt(4) == 0;
      if (times.nextInt(4) == 0) {
        stop();
        ends++;
      } else {
        kill();
        kills++;
      }
      Thread.sleep(times.nextInt(1500));
      start(port);
    }
    writing = false;
    writer.join();
    away = false;
    long until = System.nanoTime() + TIME_LIMIT;
    while (missing() > unsaved() && System.nanoTime() < until) {
      Thread.sleep(100);
    }
    Thread.sleep(CALM_MILLIS); // positions are saved
    stop();
    long before = again();
    start(port);
    Thread.sleep(2 * CALM_MILLIS);
    stop();
    long afterwards = again() - before;
    long written = Arrays.stream(streams).mapToLong(s -> s.written).sum();
    System.out.printf(
        Locale.ROOT,
        "%d lines, %d kills, %d ends in good order, %d renamed, %d copied and truncated, %d"
            + " compressed: %d missing, %d of them of contents rotated before any agent had saved"
            + " them, %d broken, %d came again, %d of them after the last end; %d came before an"
            + " older line of the same life%n",
        written,
        kills,
        ends,
        renamed,
        copied,
        compressed,
        missing(),
        unsaved(),
        broken.get(),
        again(),
        afterwards,
        Arrays.stream(streams).mapToLong(s -> s.backwards).sum());
    for (Stream s : streams) {
      if (s.missing() > s.missingUnsaved()) {
        int first = s.came.nextClearBit(0);
        System.out.println(
            s.name + ": the first that is missing is line " + first + "; see " + dir);
      }
    }
    return missing() == unsaved() && broken.get() == 0 && afterwards == 0 ? 0 : 1;
  }

  /** Waits until the agent has sent data, whether accepted or not. */
  private void awaitWork() throws InterruptedException {
    long until = System.nanoTime() + TIME_LIMIT;
    while (worked < life && System.nanoTime() < until) {
      Thread.sleep(20);
    }
  }

  private long missing() {
    return Arrays.stream(streams).mapToLong(Stream::missing).sum();
  }

  private long unsaved() {
    return Arrays.stream(streams).mapToLong(Stream::missingUnsaved).sum();
  }

  private long again() {
    return Arrays.stream(streams).mapToLong(s -> s.again).sum();
  }

  private void write() {
    try {
      while (writing) {
        Stream s = streams[random.nextInt(streams.length)];
        int what = random.nextInt(400);
        if (what == 0) {
          rename(s);
        } else if (what == 1) {
          copyAndTruncate(s);
        } else if (what == 2) {
          compress(s);
        } else {
          lines(s);
        }
        Thread.sleep(random.nextInt(6));
      }
    } catch (IOException e) {
      System.out.println("the writer ended: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void lines(Stream s) throws IOException, InterruptedException {
    StringBuilder sb = new StringBuilder();
    int n = 1 + random.nextInt(40);
    int from;
    synchronized (s) {
      from = s.written;
      s.written += n; // before they can come
    }
    for (int i = 0; i < n; i++) {
      sb.append(s.name).append(' ').append(from + i).append(' ');
      sb.append("x".repeat(random.nextInt(160))).append(" end\n");
    }
    int cut = random.nextInt(5) == 0 ? random.nextInt(sb.length()) : 0;
    append(s.file, sb.substring(0, cut));
    if (cut > 0) {
      Thread.sleep(random.nextInt(30)); // a line lacks its end
    }
    append(s.file, sb.substring(cut));
  }

  private static void append(Path file, String text) throws IOException {
    if (!text.isEmpty()) {
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  private Path generation(Stream s, int n, String end) {
    return logs.resolve(s.name + ".log." + n + end);
  }

  /** Frees space for a new generation if the oldest has been delivered. */
  private boolean shift(Stream s) throws IOException {
    if (!s.hasAllUpTo(s.lastOf[GENERATIONS])) {
      return false;
    }
    for (int i = GENERATIONS; i >= 1; i--) {
      for (String end : new String[] {"", ".gz"}) {
        Path p = generation(s, i, end);
        if (Files.exists(p)) {
          if (i == GENERATIONS) {
            Files.delete(p);
          } else {
            Files.move(p, generation(s, i + 1, end));
          }
        }
      }
      s.lastOf[i + 1] = s.lastOf[i];
    }
    s.lastOf[1] = s.written;
    return true;
  }

  private void restart(Stream s) {
    synchronized (s) {
      s.contentFrom = s.written;
      s.seenAt = 0;
    }
  }

  private void rename(Stream s) throws IOException {
    boolean saved = s.isSaved();
    if ((s.known || hasty) && Files.exists(s.file) && shift(s)) {
      if (!saved && hasty) {
        s.rotatedUnsaved();
      }
      Files.move(s.file, generation(s, 1, ""));
      restart(s);
      renamed++;
    }
  }

  private void copyAndTruncate(Stream s) throws IOException {
    boolean saved = s.isSaved();
    if (!saved && !hasty || !Files.exists(s.file) || Files.size(s.file) < 1024 || !shift(s)) {
      return;
    }
    if (!saved) {
      s.rotatedUnsaved();
    }
    Files.copy(s.file, generation(s, 1, ""));
    Files.write(s.file, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
    restart(s);
    copied++;
  }

  private void compress(Stream s) throws IOException {
    Path plain = generation(s, 2, "");
    if (!Files.exists(plain)) {
      return;
    }
    Path packed = generation(s, 2, ".gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      Files.copy(plain, out);
    }
    Files.setLastModifiedTime(packed, Files.getLastModifiedTime(plain)); // as gzip does it
    Files.delete(plain);
    compressed++;
  }

  private void pushed(HttpExchange x) throws IOException {
    byte[] sent = x.getRequestBody().readAllBytes();
    int agentsLife = Integer.parseInt(x.getRequestHeaders().getFirst("X-Life"));
    worked = Math.max(worked, agentsLife);
    if (away) {
      x.sendResponseHeaders(503, -1);
      x.close();
      return;
    }
    byte[] b = Compression.SNAPPY.decompress(sent, 0, sent.length, 64 << 20);
    PushReader.protobuf(b, 0, b.length)
        .resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(
                        s ->
                            s.items().forEach(i -> arrived(String.valueOf(i.body()), agentsLife))));
    x.sendResponseHeaders(204, -1);
    x.close();
  }

  private void arrived(String line, int agentsLife) {
    Matcher m = LINE.matcher(line);
    if (m.matches()) {
      streams[Integer.parseInt(m.group(1))].arrived(Integer.parseInt(m.group(2)), agentsLife);
    } else if (broken.incrementAndGet() <= 10) {
      System.out.println("life " + agentsLife + ": no line that was written: " + line);
    }
  }

  private void start(int port) throws IOException {
    life++;
    Files.writeString(
        dir.resolve("promtail.yml"),
        """
        positions: {filename: %s/positions.yaml, sync_period: 1s}
        clients:
          - url: "http://127.0.0.1:%d/loki/api/v1/push"
            headers: {X-Life: "%d"}
            backoff_config: {max_period: 1s}
        target_config: {sync_period: 500ms}
        scrape_configs:
          - job_name: bench
            static_configs: [{labels: {app: bench, __path__: %s/*.log}}]
        """
            .formatted(dir, port, life, logs),
        StandardCharsets.UTF_8);
    agent =
        new ProcessBuilder(
                ServerUnderTest.launcher().toString(),
                "logs",
                "-config.file=" + dir.resolve("promtail.yml"),
                "-server.disable")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("log").toFile()))
            .start();
  }

  private void kill() throws InterruptedException {
    Process p = agent;
    if (p != null) {
      p.destroyForcibly().waitFor();
    }
    for (Stream s : streams) {
      synchronized (s) {
        if (!s.isSaved()) {
          s.seenAt = 0; // the next life sees it again
        }
      }
    }
  }

  private void stop() throws InterruptedException {
    Process p = agent;
    if (p != null) {
      p.destroy();
      if (!p.waitFor(60, TimeUnit.SECONDS)) {
        p.destroyForcibly().waitFor();
        throw new AssertionError("the agent did not end within a minute; see " + dir);
      }
    }
  }
}
