package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.runtime.cli.UsageException;
import org.junit.jupiter.api.Test;

class CheckExporterTest {
  @Test
  void probesOnlyWrittenSignals() {
    for (String word : new String[] {"profiles", "metric"}) {
      assertThatThrownBy(() -> CheckExporter.signal(word))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--signal=" + word + " must be metrics, logs or traces");
    }
  }
}
