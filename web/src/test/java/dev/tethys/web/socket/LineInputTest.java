package dev.tethys.web.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.guard.ByteBudget;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LineInputTest {
  private static ByteArrayInputStream text(String s) {
    return new ByteArrayInputStream(s.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void longLinesUseAndReleaseBudgetMemory() throws Exception {
    ByteBudget budget = new ByteBudget(1 << 20);
    try (LineInput in = new LineInput(text("short\n"), 64 << 10, budget)) {
      assertThat(in.next()).isTrue();
      assertThat(budget.inUse()).isZero();
    }
    LineInput in = new LineInput(text("x".repeat(50_000) + "\n"), 64 << 10, budget);
    assertThat(in.next()).isTrue();
    assertThat(in.length()).isEqualTo(50_001);
    assertThat(budget.inUse()).isEqualTo(64 << 10);
    in.close();
    assertThat(budget.inUse()).isZero();
    assertThat(in.next()).isFalse();
  }

  @Test
  void lineBeyondTheBudgetClosesTheConnection() {
    ByteBudget budget = new ByteBudget(20 << 10);
    try (LineInput in = new LineInput(text("x".repeat(50_000) + "\n"), 64 << 10, budget)) {
      assertThatThrownBy(in::next)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("a line is not read: the request takes more memory");
    }
    assertThat(budget.inUse()).isZero();
  }
}
