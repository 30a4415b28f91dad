package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs that have a mapping file, as far as they check it, with the files of the real. */
@Tag("contrib")
class MappingExportersTest {
  @TempDir Path dir;

  private static int check(String exporter, Path file) {
    return ExporterRole.run(
        List.of(exporter, "--check-config", "--" + exporter + ".mapping-config=" + file));
  }

  @Test
  void acceptsFilesOfTheRealExporters() throws IOException {
    int n = 0;
    for (String exporter : List.of("statsd", "graphite")) {
      for (Path f : Shared.conformanceFiles(exporter + "_exporter", ".yml")) {
        assertThat(check(exporter, f)).as(f.toString()).isZero();
        n++;
      }
    }
    assertThat(n).isGreaterThan(3);
  }

  @Test
  void rejectsInvalidMapping() throws IOException {
    Path f = Files.writeString(dir.resolve("m.yml"), "mappings: [{match: 'a.*', names: x}]\n");
    assertThat(check("statsd", f)).isEqualTo(1);
    assertThat(check("graphite", f)).isEqualTo(1);
  }
}
