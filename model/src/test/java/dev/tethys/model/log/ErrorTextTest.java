package dev.tethys.model.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tethys.model.regex.Regex;
import org.junit.jupiter.api.Test;

class ErrorTextTest {
  @Test
  void truncatesLongMessages() {
    assertThat(ErrorText.shorten("a")).isEqualTo("a");
    assertThat(ErrorText.shorten("x".repeat(10_000)))
        .startsWith("xxx")
        .hasSizeLessThan(ErrorText.MAX_LENGTH + 40)
        .contains("8000 more characters");
  }

  @Test
  void doesNotRepeatAWholeRegularExpression() {
    Throwable t = catchThrowable(() -> Regex.compile("(".repeat(900) + "x".repeat(10_000)));
    assertThat(t).hasMessageContaining("error parsing regexp");
    assertThat(t.getMessage()).hasSizeLessThan(ErrorText.MAX_LENGTH + 100);
  }
}
