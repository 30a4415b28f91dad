package dev.tethys.collect.exporter.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.FlagSettings;
import dev.tethys.web.client.HttpClientFactory;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Metrics that are printed once, of the processes of this machine. */
class ProcessOnceTest {
  private static final String DELAY = "once-to-stdout-delay";

  private final ProcessExporterKind kind = new ProcessExporterKind();

  @Test
  void printsTheResultAfterTheDelay() throws Exception {
    String text = kind.printed(new FlagSettings(kind, Map.of(DELAY, "10ms", "procnames", "java")));
    assertThat(text)
        .contains("# TYPE namedprocess_namegroup_num_procs gauge\n")
        .containsPattern("namedprocess_namegroup_num_procs\\{groupname=\"java\"\\} [1-9]");
    assertThat(kind.printed(new FlagSettings(kind, Map.of()))).isNull();
  }

  @Test
  void delaysBelongToProgramsOnly() {
    assertThatThrownBy(() -> kind.printed(new FlagSettings(kind, Map.of(DELAY, "soon"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--" + DELAY);
    try (HttpClientFactory clients = new HttpClientFactory("test")) {
      ExporterDependencies dependencies =
          new ExporterDependencies(clients, InstantSource.system(), n -> null);
      assertThatThrownBy(() -> kind.open(new FlagSettings(kind, Map.of(DELAY, "1s")), dependencies))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("only valid with a program");
    }
  }
}
