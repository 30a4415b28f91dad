package dev.tethys.codec.template.sprig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateLimits;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Arithmetic of templates is that of decimal numbers. */
class NumberFunctionsTest {
  private static String run(String template) {
    return Template.parse("t", template, LineFunctions.ALL, MissingKey.ZERO)
        .execute(GoMap.ofStrings(Map.of()), LineFunctions.ALL, TemplateLimits.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource({
    "'{{ addf 0.1 0.2 }}', 0.3",
    "'{{ subf 1 0.9 }}', 0.1",
    "'{{ mulf 1.1 1.1 }}', 1.21",
    "'{{ divf 20.2 5.25 }}', 3.8476190476190477",
    "'{{ divf 1 3 }}', 0.3333333333333333"
  })
  void decimalsHaveNoBinaryRounding(String template, String want) {
    assertThat(run(template)).isEqualTo(want);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{{ divf 1 0 }}", "{{ addf \"NaN\" 1 }}"})
  void operationsWithoutResultFail(String template) {
    assertThatThrownBy(() -> run(template)).isInstanceOf(TemplateException.class);
  }
}
