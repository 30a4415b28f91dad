package dev.tethys.store.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.GoFloat;
import dev.tethys.store.archive.ImportReport.Outcome;
import dev.tethys.store.archive.ImportReport.Part;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.archive.prometheus.PrometheusBlock;
import dev.tethys.store.archive.prometheus.PrometheusFolder;
import dev.tethys.store.archive.prometheus.PrometheusImport;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blocks that Prometheus's own tools wrote, imported and compared with what these tools dump. */
@Tag("slow")
class PrometheusImportTest {
  private static final long T0 = 1_699_999_200L;

  @TempDir Path folder;

  /** Six hours of counters, gauges and odd values. */
  private static String openMetrics() {
    Random r = new Random(5);
    StringBuilder sb = new StringBuilder("# TYPE requests counter\n");
    for (int h = 0; h < 6; h++) {
      long n = 0;
      for (int i = 0; i < 700; i++) {
        n += r.nextInt(50);
        sb.append("requests_total{host=\"h").append(h).append("\",path=\"/a b\\\"\\\\\"} ");
        sb.append(n).append(' ').append(T0 + i * 30L).append('\n');
      }
    }
    sb.append("# TYPE temperature gauge\n");
    for (int h = 0; h < 6; h++) {
      for (int i = 0; i < 350; i++) {
        double v =
            switch (i % 50) {
              case 7 -> Double.POSITIVE_INFINITY;
              case 8 -> Double.NaN;
              case 9 -> -0.0;
              default -> r.nextGaussian() * 1e3;
            };
        sb.append("temperature{host=\"h").append(h).append("\"} ").append(GoFloat.g(v));
        sb.append(String.format(Locale.ROOT, " %d.%03d%n", T0 + i * 60L, r.nextInt(1000)));
      }
    }
    return sb.append("# EOF\n").toString();
  }

  private ImportReport run(Path from, Path into) throws IOException {
    try (MetricsDatabase db = MetricsDatabase.open(into, DataFolder.OFFLINE)) {
      return new PrometheusImport(db, Progress.NONE).run(from);
    }
  }

  private static List<String> dumpOf(Path data) {
    try (MetricsDatabase db = MetricsDatabase.open(data, DataFolder.OFFLINE)) {
      return Peer.dump(db);
    }
  }

  @Test
  void importsEverySampleOfAPromtoolBlock() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    Path data = folder.resolve("data");
    ImportReport report = run(source, data);
    assertThat(report.problems()).isEmpty();
    List<String> want = Peer.dump(source);
    assertThat(report.samples()).isEqualTo(want.size()).isGreaterThan(6000);
    assertThat(report.parts()).extracting(Part::outcome).containsOnly(Outcome.IMPORTED);
    Peer.same(dumpOf(data), want);
    // Blocks keep names and ranges.
    try (MetricsDatabase db = MetricsDatabase.open(data, DataFolder.OFFLINE)) {
      List<String> names = db.blockList().stream().map(BlockInfo::ulid).sorted().toList();
      assertThat(names)
          .isEqualTo(
              PrometheusFolder.blocks(source).stream()
                  .map(p -> p.getFileName().toString())
                  .toList());
      db.maintain(); // as a server would: nothing is lost by compaction
    }
    Peer.same(dumpOf(data), want);

    ImportReport again = run(source, data);
    assertThat(again.parts()).extracting(Part::outcome).containsOnly(Outcome.ALREADY_THERE);
    Peer.same(dumpOf(data), want);
  }

  @Test
  void importsSingleBlock() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    Path block = PrometheusFolder.blocks(source).getFirst();
    ImportReport report = run(block, folder.resolve("data"));
    assertThat(report.parts()).hasSize(1);
    assertThat(report.samples()).isPositive();
  }

  @Test
  void readsIndexVersionOne() throws IOException {
    Path source = Shared.conformance("prometheus/tsdb/index_format_v1");
    ImportReport report = run(source, folder.resolve("data"));
    assertThat(report.problems()).isEmpty();
    Part p = report.parts().getFirst();
    try (PrometheusBlock b = new PrometheusBlock(source)) {
      assertThat(p.series()).isEqualTo(b.series()).isPositive();
      assertThat(p.samples()).isEqualTo(b.samples()).isPositive();
    }
  }

  @Test
  void rejectsBlockOfUnknownIndexVersionByName() throws IOException {
    Path source = Shared.conformance("prometheus/tsdb/repair_index_version");
    ImportReport report = run(source, folder.resolve("data"));
    assertThat(report.parts()).extracting(Part::outcome).containsExactly(Outcome.FAILED);
    assertThat(report.problems().getFirst()).contains("01BZJ9WJQPWHGNC2W4J9TA62KC");
  }

  private static Path chunkFile(Path source) throws IOException {
    return PrometheusFolder.blocks(source).getFirst().resolve("chunks/000001");
  }

  @Test
  void namesChunkWithWrongChecksumAndImportsTheRest() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    List<String> all = Peer.dump(source);
    Path chunks = chunkFile(source);
    byte[] b = Files.readAllBytes(chunks);
    b[40] ^= 0x10;
    Files.write(chunks, b);
    ImportReport report = run(source, folder.resolve("data"));
    assertThat(report.problems()).hasSize(1);
    assertThat(report.problems().getFirst())
        .contains(chunks + " at offset 8: checksum of a chunk does not match")
        .contains("host=\"h0\"");
    List<String> got = dumpOf(folder.resolve("data"));
    assertThat(all.size() - got.size()).isBetween(1, 240);
    assertThat(all)
        .containsAll(got.subList(0, 50))
        .containsAll(got.subList(got.size() - 50, got.size()));
  }

  @Test
  void truncatedChunkFileLosesOnlyItsContent() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    int all = Peer.dump(source).size();
    Path chunks = chunkFile(source);
    byte[] b = Files.readAllBytes(chunks);
    Files.write(chunks, java.util.Arrays.copyOf(b, b.length - 3000));
    ImportReport report = run(source, folder.resolve("data"));
    assertThat(report.problems())
        .isNotEmpty()
        .allMatch(p -> p.contains(chunks + " at offset "))
        .anyMatch(p -> p.contains("extends past the end of the file"));
    assertThat(report.samples()).isLessThan(all).isGreaterThan(all / 2);
    assertThat(dumpOf(folder.resolve("data"))).hasSize((int) report.samples());
  }

  @Test
  void skipsDamagedSeriesOfTheIndex() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    Path block = PrometheusFolder.blocks(source).getFirst();
    long series;
    try (PrometheusBlock b = new PrometheusBlock(block)) {
      series = b.series();
    }
    Path index = block.resolve("index");
    byte[] b = Files.readAllBytes(index);
    int from = (int) java.nio.ByteBuffer.wrap(b).getLong(b.length - 52 + 8);
    b[(from + 15) / 16 * 16 + 3] ^= 1;
    Files.write(index, b);
    ImportReport report = run(block, folder.resolve("data"));
    assertThat(report.problems())
        .singleElement()
        .asString()
        .contains(index + " at offset ")
        .contains("checksum of a series does not match");
    assertThat(report.parts().getFirst().series()).isEqualTo(series - 1);
  }

  @Test
  void namesMissingFiles() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    List<Path> blocks = PrometheusFolder.blocks(source);
    Files.delete(blocks.get(0).resolve("index"));
    Files.delete(blocks.get(1).resolve("chunks/000001"));
    Files.write(blocks.get(2).resolve("meta.json"), new byte[] {'{', '"'});
    ImportReport report = run(source, folder.resolve("data"));
    assertThat(report.problems())
        .anyMatch(p -> p.contains(blocks.get(0).resolve("index") + ": the file is missing"))
        .anyMatch(
            p ->
                p.contains(blocks.get(1).resolve("chunks/000001").toString())
                    && p.contains("is missing or cannot be read"))
        .anyMatch(p -> p.contains(blocks.get(2).resolve("meta.json") + " at offset 0"));
    List<Outcome> outcomes = report.parts().stream().map(Part::outcome).toList();
    assertThat(outcomes).contains(Outcome.FAILED, Outcome.EMPTY);
  }

  @Test
  void readerSurvivesAnyDamage() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    Path block = PrometheusFolder.blocks(source).getFirst();
    Random r = new Random(11);
    Path copy = folder.resolve("copy");
    for (int round = 0; round < 300; round++) {
      copy(block, copy);
      Path victim =
          copy.resolve(List.of("index", "chunks/000001", "tombstones", "meta.json").get(round % 4));
      byte[] b = Files.readAllBytes(victim);
      for (int k = 1 + r.nextInt(8); k > 0; k--) {
        b[r.nextInt(b.length)] = (byte) r.nextInt();
      }
      if (r.nextInt(4) == 0) {
        b = java.util.Arrays.copyOf(b, r.nextInt(b.length));
      }
      Files.write(victim, b);
      try (PrometheusBlock p = new PrometheusBlock(copy)) {
        p.forEach((l, s) -> assertThat(s.size).isPositive(), Progress.NONE);
      } catch (CorruptFileException | IOException e) {
        assertThat(e.getMessage()).contains(copy.toString());
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> s = Files.walk(from)) {
      List<Path> all = new ArrayList<>(s.toList());
      for (Path p : all) {
        Path q = to.resolve(from.relativize(p));
        if (Files.isDirectory(p)) {
          Files.createDirectories(q);
        } else {
          Files.copy(p, q, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  @Test
  void serverDoesNotOpenSuchAFolder() throws Exception {
    Path source = Peer.blocks(folder, openMetrics());
    assertThatThrownBy(() -> MetricsDatabase.open(source, DataFolder.OFFLINE))
        .hasMessageContaining("tethys tool tsdb import prometheus");
    assertThat(PrometheusFolder.is(source)).isTrue();
    assertThat(DataFolder.find(source).kind()).isEqualTo(DataFolder.Kind.PROMETHEUS);
  }
}
