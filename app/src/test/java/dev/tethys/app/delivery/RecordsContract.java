package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.Balance;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every destination of log records or spans has to hold to: they are written through an
 * exporter with its queue and are there, each and with all that the destination's page says is
 * kept; and with faults and kills in between, every one is accounted for.
 */
abstract class RecordsContract {
  private static final int SIZE = Integer.getInteger("tethys.records", 10_000);
  private static final int WITH_FAULTS = SIZE / 4;

  private final List<AutoCloseable> open = new ArrayList<>();

  /** What it takes. */
  Set<Signal> signals() {
    return Set.of(Signal.LOGS, Signal.TRACES);
  }

  /** Starts it, empty; aborts the test by name when it is not on this machine. */
  abstract RecordPeer start(Signal signal) throws Exception;

  private RecordPeer started(Signal signal) throws Exception {
    Assumptions.assumeTrue(signals().contains(signal), "it takes no " + signal);
    RecordPeer p = start(signal);
    open.add(p);
    return p;
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }

  private static TestPipeline pipeline(KnownRecords known, RecordPeer peer, int port)
      throws Exception {
    return new TestPipeline(known.signal(), peer.exporter(), peer.exporterKeys(port));
  }

  /** Everything has come to its end: it is there, or has no place there and is counted. */
  private static void account(TestPipeline p, KnownRecords known, Map<String, String> kept)
      throws InterruptedException {
    p.drain(ExporterContract.TIME_LIMIT);
    int refused = known.items().size() - kept.size();
    Balance b = p.balance();
    String what = b + p.refusal();
    assertThat(b.in()).as(what).isEqualTo(known.items().size());
    assertThat(b.deadLettered()).as(what).isZero();
    assertThat(b.allDropped()).as(what).isEqualTo(refused);
    assertThat(b.out()).as(what).isEqualTo(known.items().size() - refused);
  }

  private static FoundRecords read(RecordPeer peer, Map<String, String> kept) throws Exception {
    peer.settle();
    FoundRecords found = new FoundRecords();
    peer.read(found);
    found.assertHolds(kept);
    if (peer.isIdempotent()) {
      assertThat(found.again()).as("records that stand there twice").isZero();
    }
    return found;
  }

  @ParameterizedTest
  @EnumSource(names = {"LOGS", "TRACES"})
  void everyRecordComesBack(Signal signal) throws Exception {
    RecordPeer peer = started(signal);
    KnownRecords known = new KnownRecords(signal, SIZE, true);
    Map<String, String> kept = known.kept(peer);
    try (TestPipeline p = pipeline(known, peer, peer.port())) {
      known.batches().forEach(p::send);
      account(p, known, kept);
    }
    assertThat(read(peer, kept).again()).as("records that stand there twice").isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"LOGS", "TRACES"})
  void faultsLoseNothing(Signal signal) throws Exception {
    RecordPeer peer = started(signal);
    KnownRecords known = new KnownRecords(signal, WITH_FAULTS, false);
    Map<String, String> kept = known.kept(peer);
    try (FaultProxy proxy = peer.proxy()) {
      Assumptions.assumeTrue(proxy != null, "no faults can stand before it");
      try (TestPipeline p = pipeline(known, peer, proxy.port())) {
        proxy.meet(FaultProxy.Fault.of(peer.isHttp()), known.batches(), p);
        account(p, known, kept);
      }
    }
    FoundRecords found = read(peer, kept);
    System.getLogger(getClass().getName())
        .log(System.Logger.Level.INFO, "{0} with faults: {1} there twice", signal, found.again());
  }

  /** Behaviour of both signals is checked with one. */
  @Test
  void waitsForSilentOrBusyServer() throws Exception {
    Signal signal = signals().contains(Signal.LOGS) ? Signal.LOGS : Signal.TRACES;
    RecordPeer peer = started(signal);
    KnownRecords known = new KnownRecords(signal, 800, false);
    Map<String, String> kept = known.kept(peer);
    try (FaultProxy proxy = peer.proxy()) {
      Assumptions.assumeTrue(proxy != null, "no faults can stand before it");
      try (TestPipeline p =
          TestPipeline.impatient(
              known.signal(), peer.exporter(), peer.exporterKeys(proxy.port()))) {
        List<Batch> batches = known.batches();
        p.send(batches.get(3));
        p.drain(ExporterContract.TIME_LIMIT);
        proxy.stall(batches.get(0), p);
        proxy.honorsRetryAfter(peer.isHttp(), batches.get(1), batches.get(2), p);
        account(p, known, kept);
      }
    }
    read(peer, kept);
  }

  /** Behaviour of both signals is checked with one. */
  @Test
  void waitsForFullDisk() throws Exception {
    Signal signal = signals().contains(Signal.LOGS) ? Signal.LOGS : Signal.TRACES;
    RecordPeer peer = started(signal);
    KnownRecords known = new KnownRecords(signal, WITH_FAULTS, false);
    Map<String, String> kept = known.kept(peer);
    try (TestPipeline p = pipeline(known, peer, peer.port())) {
      List<Batch> batches = known.batches();
      p.send(batches.getFirst());
      p.drain(ExporterContract.TIME_LIMIT);
      Assumptions.assumeTrue(peer.fill(true), "it has no disk, or one that is filled elsewhere");
      batches.subList(1, batches.size()).forEach(p::send);
      TestPipeline.await(
          "the disk was full",
          ExporterContract.TIME_LIMIT,
          () -> p.repeated() > 2 || p.balance().held() == 0);
      assertThat(p.repeated()).as("requests that found no room").isPositive();
      peer.fill(false);
      account(p, known, kept);
    }
    read(peer, kept);
  }

  @Test
  void probesDestination() throws Exception {
    for (Signal signal : signals()) {
      tried(signal);
    }
  }

  private void tried(Signal signal) throws Exception {
    RecordPeer peer = started(signal);
    String word = signal.name().toLowerCase(Locale.ROOT);
    String config =
        "yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {%s: {%s}}, service: {pipelines:"
                .formatted(peer.exporter(), peer.exporterKeys(peer.port()))
            + " {%s: {receivers: [otlp], exporters: [%s]}}}}".formatted(word, peer.exporter());
    Printed printed = Printed.of("exporter", "check", peer.exporter(), "--config=" + config);
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out())
        .containsPattern("tethys_(probe|destination_check)|no item of traces is written");
    if (signal == Signal.LOGS) {
      assertThat(printed.out()).contains("tethys_probe 42.5");
    }
    assertThat(printed.status()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"LOGS", "TRACES"})
  void killedServerLosesNothing(Signal signal) throws Exception {
    RecordPeer peer = started(signal);
    KnownRecords known = new KnownRecords(signal, WITH_FAULTS, false);
    Map<String, String> kept = known.kept(peer);
    try (TestPipeline p = pipeline(known, peer, peer.port())) {
      List<Batch> batches = known.batches();
      batches.subList(0, batches.size() / 2).forEach(p::send);
      Assumptions.assumeTrue(peer.killAndRestart(), "there is no process to kill");
      batches.subList(batches.size() / 2, batches.size()).forEach(p::send);
      account(p, known, kept);
    }
    read(peer, kept);
  }
}
