package dev.tethys.control;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.ArchiveReader;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.EntryFilter;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Archive and replay in one running graph. */
@Tag("slow")
@Timeout(60)
class ArchiveReplayTest {
  private static final String ARCHIVING =
      """
      receivers: {hand: {}}
      exporters: {archive: {directory: DIR/archive}}
      service:
        pipelines:
          logs: {receivers: [hand], exporters: [archive]}
      """;

  /** The pipeline of the replay also archives: what it replays must not be archived again. */
  private static final String REPLAYING =
      """
      receivers: {hand: {}, archive: {directory: DIR/archive, replay: r1}}
      exporters:
        archive: {directory: DIR/archive}
        file: {path: DIR/out.json, append: true}
      service:
        pipelines:
          logs: {receivers: [hand, archive], exporters: [archive, file]}
      """;

  @TempDir Path folder;
  private final HandReceiver hand = new HandReceiver();
  private final Components components = BuiltIn.components(hand);
  private final AccountingRegistry ledger = new AccountingRegistry();
  private final Scheduler clock = Scheduler.system();
  private final Graph graph =
      new Graph(
          new GraphServices(
              components,
              clock,
              new Outboxes(new RealFiles(), clock, new Random(1)),
              ledger,
              new Registry(),
              EntryFilter.NONE));

  @AfterEach
  void end() {
    graph.stop(Duration.ofSeconds(1));
  }

  private void apply(String yaml) throws IOException {
    Path file = folder.resolve("collector.yaml");
    Files.writeString(file, yaml.replace("DIR", folder.toString()));
    graph.apply(
        GraphConfig.read(
            new ConfigSources(List.of(file.toString()), List.of(), _ -> null).read(),
            components,
            false));
  }

  private void send(String text) {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", "shop");
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    LogRecord l = new LogRecord();
    l.setBody(text);
    s.items().add(l);
    r.scopes().add(s);
    d.resources().add(r);
    Objects.requireNonNull(hand.input())
        .consume(new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(d), 1, 0), _ -> {});
  }

  private long lines() throws IOException {
    try (Stream<String> s = Files.lines(folder.resolve("out.json"))) {
      return s.filter(l -> l.contains("tethys.replay")).count();
    }
  }

  private boolean isDone() {
    try {
      Path p = folder.resolve("archive/replays/r1.json");
      return Files.exists(p) && Files.readString(p).contains("\"done\":true");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void reloadStartsAReplayThatIsNotRepeated() throws IOException {
    apply(ARCHIVING);
    for (int i = 0; i < 20; i++) {
      send("line " + i);
    }
    apply(REPLAYING);
    await(this::isDone);
    assertThat(lines()).isEqualTo(20);
    apply(ARCHIVING);
    apply(REPLAYING);
    send("fresh");
    assertThat(lines()).isEqualTo(20);
    for (ItemAccounting a : ledger.accounts()) {
      assertThat(a.balance().held()).as(a.component()).isZero();
      assertThat(a.balance().dropped()).as(a.component()).isEmpty();
    }
    long archived = 0;
    for (ArchiveReader.SegmentInfo s :
        new ArchiveReader(new RealFiles(), folder.resolve("archive")).segments()) {
      archived += s.entries().stream().mapToLong(e -> e.summary().items()).sum();
    }
    assertThat(archived).isEqualTo(21);
  }
}
