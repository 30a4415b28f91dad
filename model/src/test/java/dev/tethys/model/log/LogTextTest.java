package dev.tethys.model.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LogTextTest {
  private static String render(String template, @Nullable Object... values) {
    return LogText.render(template, values);
  }

  @Test
  void fillsPlaceholdersNextToQuotationMarks() {
    assertThat(render("can't open {0}: it's {1}", "a", "b")).isEqualTo("can't open a: it's b");
    assertThat(render("can''t open {0}", "a")).isEqualTo("can't open a");
    assertThat(render("'{0}' \"{0}\"", "a")).isEqualTo("'a' \"a\"");
    assertThat(render("{10}{1}", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "x")).isEqualTo("x1");
  }

  @Test
  void writesNumbersWithoutSeparators() {
    assertThat(render("n={0} x={1}", 1_234_567L, 1234.5)).isEqualTo("n=1234567 x=1234.5");
    assertThat(render("{0}", (Object) null)).isEqualTo("null");
  }

  @Test
  void ignoresPlaceholdersInValues() {
    assertThat(render("count={0} of={1}", 76, "{0} {1} it''s"))
        .isEqualTo("count=76 of={0} {1} it''s");
  }

  @Test
  void keepsTextThatIsNotAPlaceholder() {
    assertThat(render("{a} {} {1} {0", "x")).isEqualTo("{a} {} {1} {0");
    assertThat(render("{0} {99999999999999999999} {", "x")).isEqualTo("x {99999999999999999999} {");
    assertThat(LogText.render("it''s {0}", null)).isEqualTo("it''s {0}");
    assertThat(LogText.of(new LogRecord(Level.INFO, null))).isEqualTo("null");
  }
}
