package dev.tethys.alert.manager.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.ConfigReference;
import dev.tethys.config.Section;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.NullKeys;
import dev.tethys.testkit.Shared;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Null as the value of every key of {@code alertmanager.yml}, with the decisions of amtool. */
class NullVerdictsTest {
  /** Sections that amtool 0.33.1 does not know. */
  private static final Set<String> LATER =
      Set.of(
          "heartbeat",
          "event_recorder",
          "file_output",
          "webhook_output",
          "kafka_output",
          "stdout_output");

  /** {@code -Dtethys.amtool=FILE} asks amtool again. */
  @Test
  void readsNullLikeAmtool() throws Exception {
    String reference =
        ConfigReference.markdown(
            "alertmanager.yml", AlertmanagerConfig.sections().toArray(Section[]::new));
    Path verdicts =
        Shared.root()
            .resolve(
                "contrib/notifiers/src/test/resources/dev/tethys/alert/manager/config/nulls.txt");
    String amtool = System.getProperty("tethys.amtool");
    if (amtool != null) {
      NullKeys.record(reference, verdicts, List.of(amtool, "check-config"));
    }
    assertThat(
            NullKeys.differences(
                reference,
                verdicts,
                LATER,
                text ->
                    AlertmanagerConfig.read(
                        YamlDocument.parse("test.yml", null, text), MatcherSyntax.FALLBACK)))
        .isEmpty();
  }
}
