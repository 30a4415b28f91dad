package dev.tethys.codec.template.sprig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.template.TemplateFunction.Failure;
import org.junit.jupiter.api.Test;

class StringFunctionsTest {
  @Test
  void replacesTheEmptyStringBetweenCharacters() {
    assertThat(SprigStrings.replace("abc", "", "-", -1)).isEqualTo("-a-b-c-");
    assertThat(SprigStrings.replace("abc", "", "-", 2)).isEqualTo("-a-bc");
    assertThat(SprigStrings.replace("aaa", "a", "bb", 2)).isEqualTo("bbbba");
    assertThat(SprigStrings.replace("aaa", "a", "", -1)).isEmpty();
  }

  /** The length is known before any of the text is built. */
  @Test
  void rejectsAResultThatIsTooLong() {
    String part = "q".repeat(50_000);
    assertThatThrownBy(() -> SprigStrings.replace("z".repeat(50_000), "", part, -1))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("text of more than 16777216 characters");
    assertThatThrownBy(() -> SprigStrings.replace("z".repeat(50_000), "z", part, 49_999))
        .isInstanceOf(Failure.class);
  }
}
