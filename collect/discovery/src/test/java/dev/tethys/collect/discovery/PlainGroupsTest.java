package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read fast is read as the reader of configurations reads it, or left to it. */
class PlainGroupsTest {
  private static List<TargetGroup> slowly(String text) {
    return TargetGroups.TYPE.read(YamlDocument.parse("x", null, text).root());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "[{}]",
        "[{\"targets\":[]}]",
        "[{\"targets\":[\"a:1\",\"b:2\"],\"labels\":{\"x\":\"1\",\"y\":\"\"}},{\"labels\":{},\"targets\":[\"ü \\\"q\\\" \\u00e9 \\ud83d\\ude00\"]}]",
        " [ {\n \"labels\" : { \"__meta_a\" : \"b\\n\\tc\\\\\" } } ]\n"
      })
  void plainListsAreTheSame(String text) {
    assertThat(PlainGroups.read(text)).isNotNull().isEqualTo(slowly(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "- targets: [a]",
        "[{\"targets\":[1]}]",
        "[{\"targets\":\"a\"}]",
        "[{\"targets\":null}]",
        "[{\"labels\":{\"a\":1}}]",
        "[{\"labels\":{\"a\":null}}]",
        "[{\"labels\":{\"a\":{}}}]",
        "[{\"labels\":{\"\":\"x\"}}]",
        "[{\"labels\":{\"a\":\"1\",\"a\":\"2\"}}]",
        "[{\"targets\":[],\"targets\":[]}]",
        "[{\"target\":[]}]",
        "[{}",
        "[{},]",
        "[{}] x",
        "[[]]",
        "[\"a\"]",
        "[{\"targets\":[\"a\""
      })
  void allElseIsLeftToTheOther(String text) {
    assertThat(PlainGroups.read(text)).isNull();
  }
}
