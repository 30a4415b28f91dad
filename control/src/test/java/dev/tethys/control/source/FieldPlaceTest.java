package dev.tethys.control.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import org.junit.jupiter.api.Test;

class FieldPlaceTest {
  private static final String PATH = "TethysControl/shop/mute";

  private static String described(String text) {
    String[] out = new String[1];
    assertThatThrownBy(() -> SourceResource.parse(PATH, text))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e -> out[0] = FieldPlace.describe(PATH, text, String.valueOf(e.getMessage())));
    return out[0];
  }

  private static String control(String spec) {
    return "apiVersion: tethys.dev/v1\nkind: TethysControl\nmetadata:\n  name: mute\nspec:\n"
        + spec;
  }

  @Test
  void errorsNameTheFieldInsteadOfALine() {
    assertThat(described(control("  action: mute\n  signal: [logs]\n")))
        .startsWith("spec.signal: ");
    assertThat(described(control("  action: mute\n  duration: 50d\n  pipeline: logs\n")))
        .isEqualTo("spec.duration: must be more than 0s and at most 30d");
    assertThat(described(control("  action: mute\n  signals:\n  - logs\n  - nothing\n")))
        .startsWith("spec.signals[1]: ");
    assertThat(described(control("  pipeline: logs\n"))).startsWith("spec").contains("action");
  }

  @Test
  void errorsOfAConfigurationNameItsLineOrItsField() {
    String head =
        "apiVersion: tethys.dev/v1\nkind: TethysPipeline\nmetadata:\n  name: edge\nspec:\n";
    String error = PATH + " spec.config:2:3: unknown key \"b\"";
    assertThat(FieldPlace.describe(PATH, head + "  config: \"a: 1\\nx:\\n  b: 2\\n\"\n", error))
        .isEqualTo("spec.config, line 2, column 3: unknown key \"b\"");
    assertThat(FieldPlace.describe(PATH, head + "  config:\n    a:\n      b: 2\n", error))
        .isEqualTo("spec.config.a.b: unknown key \"b\"");
    assertThat(FieldPlace.describe(PATH, head, PATH + " spec.config: test t: items differ"))
        .isEqualTo("spec.config: test t: items differ");
    assertThat(FieldPlace.describe(PATH, head, "no connected agent"))
        .isEqualTo("no connected agent");
  }
}
