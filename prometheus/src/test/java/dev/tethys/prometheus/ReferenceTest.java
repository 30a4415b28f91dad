package dev.tethys.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * docs/configuration.md is made from the descriptions that keys are read with. {@code
 * -Dtethys.docs.write=true} writes it anew.
 */
@Tag("contrib")
class ReferenceTest {
  private static final String INTRODUCTION =
      """
      <!-- Made from the sources by ReferenceTest; change the descriptions there. -->

      Tethys reads Prometheus's own `prometheus.yml` strictly: an unknown key, a wrong type or an invalid value is rejected with `file:line:column`, the problem
      and the accepted values. Keys that Prometheus has and Tethys does not do yet are refused by name; they are marked *not built yet*. Durations are written
      like `1h30m`, sizes like `512MB` (powers of 1024), relative paths are relative to the file.

      """;

  @Test
  void referenceMatchesTheProgram() throws IOException {
    Path file = Shared.root().resolve("docs/configuration.md");
    String text = PrometheusConfig.reference();
    int firstLine = text.indexOf('\n') + 1;
    String wanted = text.substring(0, firstLine) + "\n" + INTRODUCTION + text.substring(firstLine);
    if (Boolean.getBoolean("tethys.docs.write")) {
      Files.writeString(file, wanted);
    }
    assertThat(Files.readString(file)).isEqualTo(wanted);
  }
}
