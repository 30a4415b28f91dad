package dev.tethys.pipeline.operators.expr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.Attributes;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions over a map with known fields. */
class ShapeTest {
  private static final Shape.Fields PORT =
      new Shape.Fields(
          Map.of(
              "type", Shape.STRING,
              "name", Shape.STRING,
              "port", Shape.NUMBER,
              "is_ipv6", Shape.BOOL,
              "any", Shape.ANY,
              "pod",
                  new Shape.Fields(
                      Map.of(
                          "name", Shape.STRING,
                          "labels", Shape.TEXTS,
                          "annotations", Shape.TEXTS))));

  private static final Attributes REDIS =
      (Attributes)
          Objects.requireNonNull(
              JsonValues.read(
                  """
                  {"type": "port", "name": "redis", "port": 6379, "is_ipv6": false,
                   "pod": {"name": "redis-0", "labels": {"app": "redis"},
                           "annotations": {"prometheus.io/port": "9121", "n": ""}}}
                  """));

  private static Object value(String text) {
    return Objects.requireNonNull(Expression.about(PORT, text, false).evaluate(REDIS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type == \"port\" && port == 6379",
        "type == 'port' and port in [6379, 6380] and not is_ipv6",
        "pod.name matches \"(?i)REDIS\"",
        "pod.labels[\"app\"] == \"redis\"",
        "pod.labels.app startsWith \"red\" || false",
        "\"app\" in pod.labels && \"other\" not in pod.labels",
        "pod[\"labels\"][\"app\"] contains \"edi\"",
        "pod.labels[\"none\"] == \"\"", // as in a map of Go
        "pod.labels[\"none\"] matches \"^$\"",
        "len(pod.labels) == 1 && len(name) > 3",
        "port >= 6000 && port < 7000 && port != 6380 && -port < 0",
        "int(pod.annotations[\"prometheus.io/port\"]) > 9000",
        "(is_ipv6 ? 1 : 2) == 2",
        "any == nil || any.what == 1",
        "!(port == 1) and !is_ipv6",
        "lower(name) == \"redis\"",
      })
  void holds(String text) {
    assertThat(Expression.about(PORT, text, true).test(REDIS)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"prometheus.io/port\" in pod.annotations ? pod.annotations[\"prometheus.io/port\"] : 9090 | 9121",
        "pod.annotations[\"none\"] ?? \"9090\" | 9090", // not "", because ?? sees a missing key
        "pod.annotations[\"n\"] ?? \"9090\" | ''",
        "name + \":\" + string(port) | redis:6379",
        "port + 1 | 6380",
      })
  void is(String text, String value) {
    assertThat(value(text)).asString().isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port == \"6379\" | a number is never equal to a string | 6",
        "pord == 1 | did you mean \"port\" | 1",
        "pod.nmae == \"a\" | did you mean \"name\" | 5",
        "pod[\"x\"] == \"a\" | there is no \"x\" in it | 5",
        "name.length > 1 | a string has no \"length\" | 6",
        "port matches \"63\" | \"matches\" requires strings, not a number | 6",
        "name contains 1 | \"contains\" requires strings, not a number | 6",
        "is_ipv6 && port | \"&&\" requires true or false, not a number | 9",
        "not name | expected true or false, not a string | 1",
        "name < port | a string and a number have no order | 6",
        "\"a\" in name | looks into lists and maps, not into a string | 5",
        "port in pod.labels | a map key must be a string, not a number | 6",
        "pod.labels[port] == \"\" | a map key must be a string, not a number | 12",
        "port + name | a number and a string have no sum | 6",
        "name ? 1 : 2 | expected true or false, not a string | 6",
        "name matches \"(\" | not a regular expression | 14",
        "env(\"HOME\") == \"/\" | there is no function env | 1",
        "port == | the end is not expected here | 8",
      })
  void rejectsInvalidOperationsWhenCompiled(String text, String problem, int at) {
    assertThatThrownBy(() -> Expression.about(PORT, text, false))
        .isInstanceOf(ExpressionException.class)
        .hasMessageContaining(problem)
        .hasMessageContaining("(at character " + at + " of: ");
  }

  @Test
  void requiresBooleanConditions() {
    assertThatThrownBy(() -> Expression.about(PORT, "port + 1", true))
        .hasMessageContaining("it must be true or false, but is a number");
    assertThat(Expression.about(PORT, "any", true)).isNotNull();
  }
}
