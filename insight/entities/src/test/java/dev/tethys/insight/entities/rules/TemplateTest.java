package dev.tethys.insight.entities.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TemplateTest {
  private static @Nullable String render(String template, Map<String, String> values) {
    return Template.parse(template).render(values);
  }

  @Test
  void fillsInTheFirstLabelThatIsNotEmpty() {
    assertThat(render("pod:{namespace}/{pod}", Map.of("namespace", "shop", "pod", "a")))
        .isEqualTo("pod:shop/a");
    assertThat(render("{a|b}", Map.of("a", "", "b", "2"))).isEqualTo("2");
  }

  @Test
  void isAbsentWithoutAValueThatItNeeds() {
    assertThat(render("{a}/{b}", Map.of("a", "1"))).isNull();
    assertThat(render("{a?}/{b}", Map.of("b", "1"))).isEqualTo("/1");
  }

  @Test
  void appliesFunctions() {
    Map<String, String> v =
        Map.of("a", "10.0.0.1:80", "l", "localhost:80", "p", "/docker/Web", "six", "[::1]");
    assertThat(render("{a:host} {a:port}", v)).isEqualTo("10.0.0.1 80");
    assertThat(render("{p:base} {p:lower}", v)).isEqualTo("Web /docker/web");
    assertThat(render("{a:routable}", v)).isEqualTo("10.0.0.1:80");
    assertThat(render("{l:routable}", v)).isNull();
    assertThat(render("{six:routable}", v)).isNull();
    assertThat(render("{l|a:routable}", v)).isEqualTo("10.0.0.1:80");
    assertThat(render("{a|l:loopback}", v)).isEqualTo("localhost:80");
    assertThat(render("{a:loopback}", v)).isNull();
  }

  @Test
  void rejectsUnknownFunctionsAndUnmatchedBraces() {
    assertThatThrownBy(() -> Template.parse("{a:upper}"))
        .hasMessage(
            "unknown function \"upper\" in \"{a:upper}\"; allowed: host, port, base, lower,"
                + " routable, loopback");
    assertThatThrownBy(() -> Template.parse("a}"))
        .hasMessage("braces of \"a}\" do not match; write a label as {label}");
    assertThatThrownBy(() -> Template.parse("{a{b}}")).hasMessageContaining("do not match");
    assertThatThrownBy(() -> Template.parse("{}"))
        .hasMessage("{} of \"{}\" has no label; write {label}");
  }
}
