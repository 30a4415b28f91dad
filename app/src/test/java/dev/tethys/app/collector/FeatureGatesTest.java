package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.runtime.cli.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeatureGatesTest {
  @Test
  void acceptsGatesInTheirFixedState() {
    assertThatCode(
            () ->
                FeatureGates.check(
                    List.of(
                        "component.UseLocalHostAsDefaultHost,+service.profilesSupport",
                        "-service.AllowNoPipelines",
                        "")))
        .doesNotThrowAnyException();
  }

  @Test
  void rejectsGatesAgainstTheirFixedState() {
    wrong("-component.UseLocalHostAsDefaultHost", "always on");
    wrong("service.AllowNoPipelines", "always off");
    wrong("service.profileSupport", "no such feature gate \"service.profileSupport\"");
  }

  private static void wrong(String asked, String message) {
    assertThatThrownBy(() -> FeatureGates.check(List.of("service.profilesSupport", asked)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void theyAreListed() {
    assertThat(FeatureGates.list(""))
        .contains("\nservice.AllowNoPipelines\tfalse\t")
        .contains("\nservice.profilesSupport\ttrue\t");
    assertThat(FeatureGates.list("service.profilesSupport").lines()).hasSize(2);
    assertThatThrownBy(() -> FeatureGates.list("x")).hasMessageContaining("no such feature gate");
  }
}
