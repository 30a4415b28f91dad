package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.Balance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/**
 * Requirements for every destination of metrics: samples are written through an exporter with its
 * queue and are there, one by one, for a reader that is not ours; and with faults and kills in
 * between, every item is accounted for.
 *
 * <p>Some ten thousand samples, and a fifth of that with faults. {@code tethys bench destinations
 * verify} makes the long run: {@code tethys.samples} of them, {@code tethys.samples.faults} with
 * faults, which come again every hundred thousand, with what takes minutes ({@code
 * tethys.destinations=all}), and a line for each outcome in {@code tethys.destinations.report}.
 */
abstract class ExporterContract {
  static final Duration TIME_LIMIT =
      Duration.ofSeconds(Long.getLong("tethys.destinations.patience", 180));
  static final int SIZE = Integer.getInteger("tethys.samples", 40_000);

  /** With faults it is less: what is slow then is the waiting. */
  static final int WITH_FAULTS = Integer.getInteger("tethys.samples.faults", SIZE / 5);

  /** How often each fault is met. */
  private static final int ROUNDS = Math.max(1, WITH_FAULTS / 100_000);

  /** How often a server is killed. */
  private static final int KILLS = Math.max(1, WITH_FAULTS / 250_000);

  private final List<AutoCloseable> open = new ArrayList<>();

  /** Aborts a test that is too slow for every day. */
  static void takesMinutes() {
    Assumptions.assumeTrue(
        "all".equals(System.getProperty("tethys.destinations")),
        "takes minutes: runs with -Dtethys.destinations=all");
  }

  /** Starts the database, empty; aborts the test by name when it is not on this machine. */
  abstract Peer start() throws Exception;

  /**
   * Starts another one with its data in a folder that all users may write to; aborts the test if it
   * has none.
   */
  Peer startIn(Path folder) throws Exception {
    throw new TestAbortedException("it keeps nothing on a disk");
  }

  final Peer started() throws Exception {
    Peer p = start();
    open.add(p);
    return p;
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }

  static TestPipeline pipeline(Peer peer, int port) throws IOException {
    return new TestPipeline(Signal.METRICS, peer.exporter(), peer.exporterKeys(port));
  }

  /** Everything has come to its end: it is there, or has no place there and is counted. */
  private static void account(TestPipeline p, KnownSamples known) throws InterruptedException {
    p.drain(TIME_LIMIT);
    Balance b = p.balance();
    assertThat(b.in()).isEqualTo(known.samples());
    assertThat(b.deadLettered()).as(b.toString()).isZero();
    assertThat(b.out()).as(b.toString()).isEqualTo(known.samples() - known.refused());
    assertThat(b.allDropped()).as(b.toString()).isEqualTo(known.refused());
  }

  private static Found read(Peer peer, KnownSamples known) throws Exception {
    peer.settle();
    Found found = new Found();
    peer.read(found);
    found.assertHolds(known, peer);
    return found;
  }

  private void tell(String what, KnownSamples known, long begun, Found found) throws IOException {
    String line =
        String.format(
            Locale.ROOT,
            "| %s | %s | %,d | %,d | %,d | %,d | %.1f |%n",
            getClass().getSimpleName().replaceAll("(Destination|Contract)?Test$", ""),
            what,
            known.samples(),
            known.refused(),
            found.again(),
            found.late(),
            (System.nanoTime() - begun) / 1e9);
    System.getLogger(getClass().getName()).log(System.Logger.Level.INFO, line.strip());
    String report = System.getProperty("tethys.destinations.report");
    if (report != null) {
      Files.writeString(
          Path.of(report), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  /** More, of databases that are stores too. */
  void alsoHolds(Peer peer, KnownSamples known) throws Exception {}

  @Test
  void everySampleIsReadBack() throws Exception {
    Peer peer = started();
    KnownSamples known = new KnownSamples(SIZE, true, true, peer);
    long begun = System.nanoTime();
    try (TestPipeline p = pipeline(peer, peer.port())) {
      known.batches().forEach(p::send);
      account(p, known);
    }
    Found found = read(peer, known);
    tell("written", known, begun, found);
    assertThat(found.again()).as("samples that stand there twice").isZero();
    alsoHolds(peer, known);
  }

  @Test
  void faultsLoseNothing() throws Exception {
    Peer peer = started();
    Assumptions.assumeTrue(
        peer.isProxied(), "clients of " + peer.exporter() + " find it themselves");
    KnownSamples known = new KnownSamples(WITH_FAULTS, false, false, peer);
    long begun = System.nanoTime();
    try (FaultProxy proxy = peer.proxy();
        TestPipeline p = pipeline(peer, proxy.port())) {
      // Databases with logins take a connection that ends too early for a wrong password.
      proxy.meet(
          Collections.nCopies(ROUNDS, FaultProxy.Fault.of(peer.isHttp())).stream()
              .flatMap(List::stream)
              .toList(),
          known.batches(),
          p);
      account(p, known);
    }
    tell(
        ROUNDS == 1 ? "with faults" : "with faults, each " + ROUNDS + " times",
        known,
        begun,
        read(peer, known));
  }

  /** Silence is left after {@code timeout}; who says how long he is busy is not asked before. */
  @Test
  void waitsForSilentOrBusyServer() throws Exception {
    Peer peer = started();
    Assumptions.assumeTrue(
        peer.isProxied(), "clients of " + peer.exporter() + " find it themselves");
    KnownSamples known = new KnownSamples(0, false, false, peer);
    try (FaultProxy proxy = peer.proxy();
        TestPipeline p =
            TestPipeline.impatient(
                Signal.METRICS, peer.exporter(), peer.exporterKeys(proxy.port()))) {
      List<Batch> batches = known.batches();
      batches.subList(3, batches.size()).forEach(p::send);
      p.drain(TIME_LIMIT);
      proxy.stall(batches.get(0), p);
      proxy.honorsRetryAfter(peer.isHttp(), batches.get(1), batches.get(2), p);
      account(p, known);
    }
    read(peer, known);
  }

  @Test
  void killedServerLosesNothing() throws Exception {
    Peer peer = started();
    KnownSamples known = new KnownSamples(WITH_FAULTS, false, false, peer);
    long begun = System.nanoTime();
    try (TestPipeline p = pipeline(peer, peer.port())) {
      List<Batch> batches = known.batches();
      int part = batches.size() / (KILLS + 1);
      for (int kill = 0; kill < KILLS; kill++) {
        List<Batch> some = batches.subList(kill * part, (kill + 1) * part);
        int items = some.stream().mapToInt(Batch::items).sum();
        some.forEach(p::send);
        if (KILLS > 1) { // each in the middle of its part, not all of them before the first
          TestPipeline.await(
              "half is delivered", TIME_LIMIT, () -> p.balance().held() <= items / 2);
        }
        Assumptions.assumeTrue(peer.killAndRestart(), "there is no process to kill");
      }
      batches.subList(KILLS * part, batches.size()).forEach(p::send);
      account(p, known);
    }
    tell(KILLS == 1 ? "killed" : "killed " + KILLS + " times", known, begun, read(peer, known));
  }

  @Test
  void waitsForFullDisk() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(400 + WITH_FAULTS / 500);
        Peer peer = startIn(disk.folder())) {
      KnownSamples known = new KnownSamples(WITH_FAULTS, false, false, peer);
      long begun = System.nanoTime();
      try (TestPipeline p = pipeline(peer, peer.port())) {
        List<Batch> batches = known.batches();
        int some = batches.size() / 4;
        batches.subList(0, some).forEach(p::send);
        p.drain(TIME_LIMIT);
        disk.fill();
        batches.subList(some, batches.size()).forEach(p::send);
        TestPipeline.await(
            "the disk was full", TIME_LIMIT, () -> p.repeated() > 2 || p.balance().held() == 0);
        assertThat(p.repeated()).as("requests that found no room").isPositive();
        disk.free();
        peer.roomAgain();
        account(p, known);
      }
      tell("full disk", known, begun, read(peer, known));
    }
  }

  @Test
  void probesDestination() throws Exception {
    Peer peer = started();
    String config =
        "yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {%s: {%s}}, service: {pipelines:"
                .formatted(peer.exporter(), peer.exporterKeys(peer.port()))
            + " {metrics: {receivers: [otlp], exporters: [%s]}}}}".formatted(peer.exporter());
    Printed printed = Printed.of("exporter", "check", peer.exporter(), "--config=" + config);
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out())
        .containsPattern("tethys_(probe|destination_check)")
        .containsPattern("read|found it|42.5");
    assertThat(printed.status()).isZero();
  }
}
