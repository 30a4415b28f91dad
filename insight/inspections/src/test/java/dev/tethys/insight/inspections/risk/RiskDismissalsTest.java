package dev.tethys.insight.inspections.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.insight.inspections.risk.RiskDismissals.Dismissal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RiskDismissalsTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("risks.log");
  }

  private static Dismissal dismissal(String risk, String reason) {
    return new Dismissal(risk, reason, "ann", 5);
  }

  @Test
  void survivesARestart() throws IOException {
    try (RiskDismissals d = new RiskDismissals(file())) {
      d.dismiss(dismissal("a", "planned"));
      d.dismiss(dismissal("b", "small"));
      d.dismiss(dismissal("a", "still planned"));
      assertThat(d.restore("b", 6)).isTrue();
      assertThat(d.restore("b", 7)).isFalse();
    }
    try (RiskDismissals d = new RiskDismissals(file())) {
      assertThat(d.of("a")).isEqualTo(dismissal("a", "still planned"));
      assertThat(d.of("b")).isNull();
    }
  }

  @Test
  void refusesTextsThatAreMissingOrTooLong() throws IOException {
    try (RiskDismissals d = new RiskDismissals(file())) {
      assertThatThrownBy(() -> d.dismiss(dismissal("a", " ")))
          .hasMessage("a dismissal needs a reason");
      assertThatThrownBy(() -> d.dismiss(dismissal("a", "x".repeat(501))))
          .hasMessage("the reason has 501 characters; at most 500");
      assertThatThrownBy(() -> d.dismiss(dismissal("a".repeat(1001), "x")))
          .hasMessageContaining("longer than 1000");
      assertThat(d.of("a")).isNull();
    }
  }

  @Test
  void keepsItsFileSmall() throws IOException {
    try (RiskDismissals d = new RiskDismissals(file())) {
      d.dismiss(dismissal("kept", "reason"));
      for (int i = 0; i < 1_500; i++) {
        d.dismiss(dismissal("a", "reason " + i));
      }
      assertThat(Files.size(file())).isLessThan(60_000);
      assertThat(d.of("kept")).isNotNull();
      assertThat(d.of("a")).isEqualTo(dismissal("a", "reason 1499"));
    }
  }
}
