package dev.tethys.model.relabel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.RelabelRule.Action;
import dev.tethys.model.relabel.RelabelRule.Spec;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RelabelRuleTest {
  private static final Spec S = Spec.DEFAULT;
  private static final Labels ABC = Labels.of("a", "foo", "b", "bar", "c", "baz");

  private static @Nullable Labels apply(Labels in, Spec... rules) {
    return new Relabeling(
            List.of(rules).stream().map(s -> new RelabelRule(s, NameScheme.UTF8)).toList())
        .apply(in);
  }

  private static String value(String label, Labels in, Spec rule) {
    return java.util.Objects.requireNonNull(apply(in, rule)).get(label);
  }

  private static void assertRefused(Spec s, String message) {
    assertThatThrownBy(() -> new RelabelRule(s, NameScheme.UTF8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void replaces() {
    assertThat(
            apply(
                ABC,
                S.withSource("a").withRegex("f(.*)").withTarget("d").withReplacement("ch${1}-$1")))
        .isEqualTo(Labels.of("a", "foo", "b", "bar", "c", "baz", "d", "choo-oo"));
    assertThat(
            apply(
                ABC,
                S.withSource("a", "b")
                    .withRegex("(f).*;(.*)r")
                    .withTarget("a")
                    .withReplacement("b${1}${2}m"),
                S.withSource("c", "a")
                    .withRegex("(b).*b(.*)ba(.*)")
                    .withTarget("d")
                    .withReplacement("$1$2$2$3")))
        .isEqualTo(Labels.of("a", "bfbam", "b", "bar", "c", "baz", "d", "bffm"));
  }

  /** Forty rules would make a value of terabytes. */
  @Test
  void dropsSetWithTooLongValues() {
    Spec twice = S.withSource("a").withTarget("a").withReplacement("$1$1");
    Spec[] rules = new Spec[40];
    Arrays.fill(rules, twice);
    assertThat(apply(ABC, rules)).isNull();
    Arrays.fill(rules, S.withSource("a", "a").withSeparator("").withTarget("a"));
    assertThat(apply(ABC, rules)).isNull();
    Arrays.fill(rules, S.withRegex("(a+)").withReplacement("$1$1").withAction(Action.LABELMAP));
    assertThat(apply(ABC, rules)).isNull();
    assertThat(apply(ABC, twice, twice))
        .isEqualTo(Labels.of("a", "foofoofoofoo", "b", "bar", "c", "baz"));
  }

  @Test
  void emptyResultRemovesTheLabel() {
    assertThat(apply(ABC, S.withSource("a").withRegex("f.*").withTarget("a").withReplacement("")))
        .isEqualTo(Labels.of("b", "bar", "c", "baz"));
    assertThat(apply(ABC, S.withTarget("a").withReplacement("")))
        .isEqualTo(Labels.of("b", "bar", "c", "baz"));
  }

  @Test
  void noMatchReturnsTheSameObject() {
    assertThat(apply(ABC, S.withSource("a").withRegex("oo").withTarget("a"))).isSameAs(ABC);
  }

  @Test
  void targetMayContainTheMatch() {
    Labels in = Labels.of("a", "some-name-value");
    Spec s = S.withSource("a").withRegex("some-([^-]+)-([^,]+)").withReplacement("${2}");
    assertThat(apply(in, s.withTarget("${1}")))
        .isEqualTo(Labels.of("a", "some-name-value", "name", "value"));
    assertThat(apply(in, s.withTarget("${3}"))).as("an empty name").isSameAs(in);
    assertThat(apply(in, s.withTarget("x$1y")))
        .as("the group 1y")
        .isEqualTo(Labels.of("a", "some-name-value", "x", "value"));
  }

  @Test
  void expandsDollarsLikeGo() {
    Spec s = S.withSource("a").withRegex("(?P<first>f)(o+)").withTarget("d");
    assertThat(value("d", ABC, s.withReplacement("$$x${first}$first!$"))).isEqualTo("$xff!$");
    assertThat(value("d", ABC, s.withReplacement("${2"))).isEqualTo("${2");
    assertThat(value("d", ABC, s.withReplacement("$2$9$02"))).isEqualTo("oo");
  }

  @Test
  void dotMatchesLineEnds() {
    assertThat(
            apply(
                Labels.of("a", "x\ny"), S.withSource("a").withRegex("x.y").withAction(Action.DROP)))
        .isNull();
  }

  @Test
  void keepsAndDrops() {
    assertThat(apply(ABC, S.withSource("a").withRegex(".*o").withAction(Action.DROP))).isNull();
    assertThat(apply(ABC, S.withSource("a").withRegex("f").withAction(Action.DROP))).isSameAs(ABC);
    assertThat(apply(ABC, S.withSource("a").withRegex("f").withAction(Action.KEEP))).isNull();
    assertThat(apply(ABC, S.withSource("no").withRegex("").withAction(Action.KEEP))).isSameAs(ABC);
    assertThat(
            apply(
                ABC,
                S.withSource("a").withRegex("foo").withAction(Action.DROP),
                S.withTarget("x").withReplacement("y")))
        .isNull();
  }

  @Test
  void comparesLabels() {
    Labels in = Labels.of("p", "a;b", "x", "a", "y", "b");
    Spec s = S.withSource("x", "y").withTarget("p");
    assertThat(apply(in, s.withAction(Action.KEEPEQUAL))).isSameAs(in);
    assertThat(apply(in, s.withAction(Action.DROPEQUAL))).isNull();
    assertThat(apply(in, s.withTarget("x").withAction(Action.KEEPEQUAL))).isNull();
  }

  @Test
  void hashesLikePrometheus() {
    // Figures of Prometheus's own tests.
    Spec s = S.withTarget("d").withModulus(1000).withAction(Action.HASHMOD);
    assertThat(value("d", ABC, s.withSource("c"))).isEqualTo("976");
    assertThat(value("d", Labels.of("a", "foo\nbar"), s.withSource("a"))).isEqualTo("734");
  }

  @Test
  void mapsDropsAndKeepsNames() {
    Labels in = Labels.of("a", "foo", "b1", "bar", "b2", "baz");
    assertThat(
            apply(in, S.withRegex("(b.*)").withReplacement("bar_${1}").withAction(Action.LABELMAP)))
        .isEqualTo(
            Labels.of("a", "foo", "b1", "bar", "b2", "baz", "bar_b1", "bar", "bar_b2", "baz"));
    assertThat(apply(in, S.withRegex("b.*").withAction(Action.LABELDROP)))
        .isEqualTo(Labels.of("a", "foo"));
    assertThat(apply(in, S.withRegex("b.*").withAction(Action.LABELKEEP)))
        .isEqualTo(Labels.of("b1", "bar", "b2", "baz"));
    assertThat(apply(in, S.withRegex("b(.*)").withReplacement("${2}").withAction(Action.LABELMAP)))
        .as("no name without letters")
        .isSameAs(in);
  }

  @Test
  void changesCase() {
    Labels in = Labels.of("a", "bAr123Foo");
    assertThat(
            apply(
                in,
                S.withSource("a").withTarget("l").withAction(Action.LOWERCASE),
                S.withSource("a").withTarget("u").withAction(Action.UPPERCASE)))
        .isEqualTo(Labels.of("a", "bAr123Foo", "l", "bar123foo", "u", "BAR123FOO"));
  }

  @Test
  void rejectsMeaninglessRules() {
    assertRefused(S, "relabel configuration for replace action requires 'target_label' value");
    assertRefused(
        S.withAction(Action.HASHMOD).withTarget("x"),
        "relabel configuration for hashmod requires non-zero modulus");
    assertRefused(
        S.withAction(Action.LOWERCASE).withTarget("x").withReplacement("y"),
        "'replacement' can not be set for lowercase action");
    assertRefused(
        S.withAction(Action.DROPEQUAL).withTarget("x").withRegex("y"),
        "dropequal action requires only 'source_labels' and `target_label`, and no other fields");
    assertRefused(
        S.withAction(Action.LABELDROP).withSource("x"),
        "labeldrop action requires only 'regex', and no other fields");
    assertRefused(
        S.withAction(Action.LABELMAP).withReplacement(""),
        "\"\" is invalid 'replacement' for labelmap action");
    assertThatThrownBy(() -> new RelabelRule(S.withTarget("a-b"), NameScheme.LEGACY))
        .hasMessage("\"a-b\" is invalid 'target_label' for replace action");
    assertThatThrownBy(() -> new RelabelRule(S.withTarget("a").withRegex("a(b"), NameScheme.UTF8))
        .hasMessageContaining("missing closing )");
  }
}
