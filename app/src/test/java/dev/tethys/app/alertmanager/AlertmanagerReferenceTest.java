package dev.tethys.app.alertmanager;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.config.ConfigReference;
import dev.tethys.config.Section;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * docs/alertmanager-configuration.md is made from the descriptions of the keys; {@code
 * -Dtethys.docs.write=true} writes it anew.
 */
@Tag("contrib")
class AlertmanagerReferenceTest {
  private static final String INTRODUCTION =
      """
      <!-- Made from the sources by AlertmanagerReferenceTest; change the descriptions there. -->

      Every key of `alertmanager.yml`. Texts of receivers are templates of Go. Durations are written like `1h30m`; a go duration also like `1.5s`. Paths of `templates` and of
      `tls_config` are relative to the file, those of keys that end with `_file` to the folder of the process, as with Alertmanager. How they work together: [alertmanager.md](alertmanager.md).

      """;

  @Test
  void referenceMatchesTheProgram() throws IOException {
    Path file = Shared.root().resolve("docs/alertmanager-configuration.md");
    String text =
        ConfigReference.markdown(
            "Alertmanager configuration", AlertmanagerConfig.sections().toArray(Section[]::new));
    int firstLine = text.indexOf('\n') + 1;
    String wanted = text.substring(0, firstLine) + "\n" + INTRODUCTION + text.substring(firstLine);
    if (Boolean.getBoolean("tethys.docs.write")) {
      Files.writeString(file, wanted);
    }
    assertThat(Files.readString(file)).isEqualTo(wanted);
  }
}
