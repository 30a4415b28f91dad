package dev.tethys.pipeline.exporter.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.ArchivePosition;
import dev.tethys.pipeline.archive.ArchiveReader;
import dev.tethys.pipeline.archive.ArchiveSelection;
import dev.tethys.pipeline.archive.ArchiveWriter;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchiveExporterTest {
  @TempDir Path folder;
  private final ItemAccounting account = new ItemAccounting("exporter", "archive", Signal.LOGS);
  private final List<Outcome> outcomes = new ArrayList<>();
  private final Registry registry = new Registry();

  private ArchiveExporter start(String yaml) throws IOException {
    ArchiveSettings s = settings(yaml);
    ArchiveExporter e =
        new ArchiveExporter(
            s,
            new ArchiveWriter(
                new RealFiles(), s.directory(), System::currentTimeMillis, s.bounds()),
            Signal.LOGS,
            new PlainContext("archive", registry),
            account);
    e.start();
    return e;
  }

  private ArchiveSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", folder, yaml);
    ArchiveSettings s = ArchiveSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static ResourceGroup<LogRecord> resource(String replay, String text) {
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    if (!replay.isEmpty()) {
      r.resource().attributes().put("tethys.replay", replay);
    }
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    LogRecord l = new LogRecord();
    l.setBody(text);
    s.items().add(l);
    r.scopes().add(s);
    return r;
  }

  @SafeVarargs
  private final void write(ArchiveExporter e, ResourceGroup<LogRecord>... resources) {
    LogsData d = new LogsData();
    d.resources().addAll(List.of(resources));
    int n = d.itemCount();
    e.consume(
        new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(d), n, 0), outcomes::add);
  }

  @Test
  void dataOfAReplayIsNotArchivedAgain() throws IOException {
    ArchiveExporter e = start("{directory: a}");
    write(e, resource("", "one"), resource("r1", "two"));
    write(e, resource("r1", "three"));
    assertThat(outcomes).containsOnly(Outcome.ACCEPTED).hasSize(2);
    assertThat(account.balance().dropped()).isEmpty();
    assertThat(account.balance().out()).isEqualTo(3);
    assertThat(account.balance().held()).isZero();
    ArchiveReader r = new ArchiveReader(new RealFiles(), folder.resolve("a"));
    ArchiveSelection all = ArchiveSelection.all(Set.of(Signal.LOGS));
    ArchiveReader.Found f = Objects.requireNonNull(r.next(ArchivePosition.START, r.end(), all));
    assertThat(f.summary().items()).isEqualTo(1);
    assertThat(r.next(f.next(), r.end(), all)).isNull();
    assertThat(registry.gather())
        .extracting(m -> m.name())
        .contains(
            "tethys_archive_bytes",
            "tethys_archive_deleted_items_total",
            "tethys_archive_replayed_items_total");
    e.stop(Duration.ZERO);
  }

  @Test
  void aFullArchiveThatRefusesDropsByName() throws IOException {
    ArchiveExporter e =
        start("{directory: a, when_full: refuse, segment_size: 64KiB, max_size: 128KiB}");
    byte[] noise = new byte[20_000];
    Random random = new Random(1);
    int sent = 0;
    while (account.balance().dropped().isEmpty()) {
      random.nextBytes(noise);
      write(e, resource("", HexFormat.of().formatHex(noise)));
      assertThat(++sent).isLessThan(100);
    }
    assertThat(account.balance().dropped()).containsEntry("archive_full", 1L);
    assertThat(account.balance().out()).isEqualTo(sent - 1);
    assertThat(outcomes.getLast()).isInstanceOf(Outcome.Rejected.class);
    e.stop(Duration.ZERO);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{directory: a, max_size: 64MiB}|max_size must be at least twice segment_size",
        "{directory: a, segment_size: 1KiB}|segment_size must be 64KiB to 1GiB",
        "{directory: a, max_age: 0s}|max_age must be greater than 0",
        "{directory: a, when_full: drop}|delete_oldest",
        "{directory: a, s3: {bucket: b}}|s3",
        "{}|directory",
      })
  void errorsName(String yaml, String message) {
    assertThatThrownBy(() -> settings(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
