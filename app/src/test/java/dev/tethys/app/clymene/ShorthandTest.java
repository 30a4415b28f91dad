package dev.tethys.app.clymene;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShorthandTest {
  @Test
  void roleWithAConfigurationOrAControlPlaneIsACollector() {
    assertThat(Shorthand.isGraph(List.of("--config=a.yaml"))).isTrue();
    assertThat(Shorthand.isGraph(List.of("--control=http://127.0.0.1:4320"))).isTrue();
    assertThat(Shorthand.isGraph(List.of("--control", "http://127.0.0.1:4320"))).isTrue();
    assertThat(ClymeneAgentRole.isAskedFor(List.of("--control=http://c"), Map.of())).isTrue();
    assertThat(Shorthand.isGraph(List.of("--config.file=prometheus.yml"))).isFalse();
    assertThat(Shorthand.isGraph(List.of())).isFalse();
  }
}
