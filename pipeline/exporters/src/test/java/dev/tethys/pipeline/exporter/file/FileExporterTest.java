package dev.tethys.pipeline.exporter.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.ItemAccounting;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.LogsData;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileExporterTest {
  @TempDir Path folder;
  private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
  private final ItemAccounting account = new ItemAccounting("exporter", "file", Signal.LOGS);
  private final List<Outcome> outcomes = new ArrayList<>();

  private FileSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", folder, yaml);
    FileSettings s = FileSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private FileExporter exporter(FileSettings s) throws IOException {
    FileExporter e =
        new FileExporter(
            s, new RotatedFile(s, clock::get), Signal.LOGS, account, System.getLogger("test"));
    e.start();
    return e;
  }

  private static LogsData logs(int n) {
    ScopeLogs.Builder s = ScopeLogs.newBuilder();
    for (int i = 0; i < n; i++) {
      s.addLogRecords(
          LogRecord.newBuilder().setTimeUnixNano(i + 1).setSeverityText("x".repeat(1000)));
    }
    return LogsData.newBuilder().addResourceLogs(ResourceLogs.newBuilder().addScopeLogs(s)).build();
  }

  private void write(FileExporter e, int n) {
    e.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs(n).toByteArray(), n, 0), outcomes::add);
  }

  @Test
  void probesTheFolderAndLeavesTheFileUnchanged() throws IOException {
    FileProbe none = probe("{path: sub/a.json}");
    assertThatThrownBy(none::connect).hasMessageContaining("create_directory");
    FileProbe fresh = probe("{path: sub/a.json, create_directory: true}");
    assertThat(fresh.connect()).contains("a file in " + folder.resolve("sub"));
    assertThat(fresh.plan())
        .containsExactly("folder " + folder.resolve("sub"), "file " + folder.resolve("sub/a.json"));
    assertThat(folder.resolve("sub")).doesNotExist();
    Path file = Files.writeString(folder.resolve("b.json"), "somebody's\n");
    for (String how : List.of("format: json", "format: proto", "compression: zstd")) {
      FileProbe p = probe("{path: b.json, " + how + "}");
      assertThat(p.connect()).contains("11 bytes, which a start of the exporter takes away");
      assertThat(p.plan()).isEmpty();
      assertThat(p.write(1_700_000_000, 42.5))
          .contains("the line \"tethys_probe 42.5\"", "read it back");
      assertThat(file).hasContent("somebody's\n");
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files).containsExactly(file);
      }
    }
  }

  private FileProbe probe(String yaml) {
    return new FileProbe(
        settings(yaml),
        Signal.LOGS,
        s ->
            new FileExporter(
                s, new RotatedFile(s, clock::get), Signal.LOGS, account, System.getLogger("test")));
  }

  @Test
  void writesLinesOfJson() throws IOException {
    FileExporter e = exporter(settings("{path: sub/a.json, create_directory: true}"));
    write(e, 1);
    write(e, 2);
    assertThat(outcomes).containsExactly(Outcome.ACCEPTED, Outcome.ACCEPTED);
    List<String> lines = Files.readAllLines(folder.resolve("sub/a.json"));
    assertThat(lines).hasSize(2);
    for (int i = 0; i < 2; i++) {
      byte[] b = lines.get(i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      assertThat(
              LogsData.parseFrom(
                  OtlpJson.toProtobuf(OtlpSignal.LOGS, b, 0, b.length).toByteArray()))
          .isEqualTo(logs(i + 1));
    }
    e.stop(Duration.ZERO);
    assertThat(account.balance().out()).isEqualTo(3);
    write(e, 1);
    assertThat(outcomes.getLast()).isInstanceOf(Outcome.Unavailable.class);
    assertThat(account.balance().returned()).isEqualTo(1);
    assertThat(account.balance().held()).isZero();
  }

  @Test
  void writesLengthPrefixedProtobufWithAndWithoutCompression() throws IOException {
    for (boolean zstd : new boolean[] {false, true}) {
      Path p = folder.resolve("b" + zstd);
      FileExporter e =
          exporter(
              settings(
                  "{path: b"
                      + zstd
                      + ", format: proto, compression: "
                      + (zstd ? "zstd, compression_params: {level: 11}" : "none")
                      + "}"));
      write(e, 3);
      write(e, 4);
      e.stop(Duration.ZERO);
      ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(p));
      for (int n = 3; n <= 4; n++) {
        byte[] m = new byte[b.getInt()];
        b.get(m);
        byte[] plain = zstd ? Compression.ZSTD.decompress(m, 0, m.length, 1 << 20) : m;
        assertThat(LogsData.parseFrom(plain)).isEqualTo(logs(n));
      }
      assertThat(b.hasRemaining()).isFalse();
    }
  }

  @Test
  void appliesTheCompressionLevel() {
    assertThat(settings("{path: b, compression: zstd}").level())
        .isEqualTo(Compression.DEFAULT_LEVEL);
    assertThat(settings("{path: b, compression: zstd, compression_params: {level: 11}}").level())
        .isEqualTo(11);
    assertThatThrownBy(() -> settings("{path: b, compression_params: {level: 23}}"))
        .hasMessageContaining("compression_params.level is 23");
  }

  @Test
  void keepsExistingContentIfConfigured() throws IOException {
    FileExporter first = exporter(settings("{path: c.json}"));
    write(first, 1);
    first.stop(Duration.ZERO);
    FileExporter second = exporter(settings("{path: c.json, append: true}"));
    write(second, 1);
    second.stop(Duration.ZERO);
    assertThat(Files.readAllLines(folder.resolve("c.json"))).hasSize(2);
    FileExporter third = exporter(settings("{path: c.json}"));
    third.stop(Duration.ZERO);
    assertThat(folder.resolve("c.json")).isEmptyFile();
  }

  /** A process that is killed leaves half of a record, at any byte. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "append: true, format: json",
        "append: true, format: proto",
        "rotation: {max_megabytes: 1}, compression: zstd"
      })
  void truncatesAnIncompleteRecord(String format) throws IOException {
    Path p = folder.resolve("k");
    FileSettings s = settings("{path: k, " + format + "}");
    FileExporter first = exporter(s);
    write(first, 1);
    first.stop(Duration.ZERO);
    byte[] one = Files.readAllBytes(p);
    for (int half : new int[] {1, 3, 4, 5, one.length / 2, one.length - 1}) {
      byte[] left = Arrays.copyOf(one, one.length + half);
      System.arraycopy(one, 0, left, one.length, half);
      Files.write(p, left);
      FileExporter next = exporter(s);
      write(next, 1);
      next.stop(Duration.ZERO);
      byte[] all = Files.readAllBytes(p);
      if (s.proto() || s.zstd()) {
        assertThat(all).hasSize(2 * one.length).startsWith(one).endsWith(one);
      } else {
        assertThat(Files.readAllLines(p)).hasSize(3);
        assertThat(all).startsWith(one).endsWith(one);
      }
    }
  }

  @Test
  void doesNotTruncateForeignFiles() throws IOException {
    Path p = Files.writeString(folder.resolve("other"), "{\"resourceLogs\":[]}\n");
    assertThatThrownBy(() -> exporter(settings("{path: other, append: true, format: proto}")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("move it away");
    assertThat(Files.readString(p)).isEqualTo("{\"resourceLogs\":[]}\n");
  }

  @Test
  void rotatesFullFiles() throws IOException {
    FileExporter e =
        exporter(settings("{path: d.json, rotation: {max_megabytes: 1, max_backups: 2}}"));
    for (int i = 0; i < 10; i++) {
      clock.addAndGet(1000);
      write(e, 700); // some 0.7 MB
    }
    e.stop(Duration.ZERO);
    try (Stream<Path> all = Files.list(folder)) {
      List<String> names = all.map(p -> p.getFileName().toString()).sorted().toList();
      assertThat(names)
          .containsExactly(
              "d-2023-11-14T22-13-29.000.json", "d-2023-11-14T22-13-30.000.json", "d.json");
    }
    assertThat(outcomes).hasSize(10).allMatch(o -> o.equals(Outcome.ACCEPTED));
  }

  @Test
  void rejectsInvalidSettings() {
    String[][] wrong = {
      {"{}", "\"path\" is required"},
      {"{path: a, format: xml}", "unknown format"},
      {"{path: a, append: true, rotation: {}}", "rotation appends"},
      {"{path: a, group_by: {enabled: true}}", "group_by"},
      {"{path: a, rotation: {max_megabytes: 0}}", "must be 1 to"},
    };
    for (String[] w : wrong) {
      assertThatThrownBy(() -> settings(w[0]))
          .as(w[0])
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(w[1]);
    }
  }
}
