package dev.tethys.pipeline.ottl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.Attributes;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Statements whose values grow exponentially are rejected before they fill the memory. */
@Tag("slow")
class OttlGrowthTest {
  private final Ottl ottl = new Ottl(OttlFunctions.standard(InstantSource.system()));

  private void run(Cursor at, List<String> statements) {
    ottl.statements(OttlContext.LOGS, OttlContext.LOG, List.of(), statements, ErrorMode.PROPAGATE)
        .run(at);
  }

  /** Each statement runs forty times and doubles the previous result. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      quoteCharacter = '`',
      value = {
        "append(attributes[\"a\"], attributes[\"a\"]) → takes more than",
        "append(attributes[\"a\"], values=[attributes[\"a\"], attributes[\"a\"]]) → takes more than",
        "set(attributes[\"a\"], [attributes[\"a\"], attributes[\"a\"]]) → takes more than",
        "set(attributes[\"a\"], {\"x\": attributes[\"a\"], \"y\": attributes[\"a\"]}) → takes more than",
        "set(attributes[\"s\"], Concat([attributes[\"s\"], attributes[\"s\"]], \"\")) → longer than",
        "set(attributes[\"s\"], Format(\"%s%s\", [attributes[\"s\"], attributes[\"s\"]])) → longer than",
        "replace_pattern(attributes[\"s\"], \"^a\", attributes[\"s\"]) → longer than",
        "replace_all_patterns(attributes, \"value\", \"^a\", attributes[\"s\"]) → longer than",
        "replace_pattern(attributes[\"s\"], \".\", attributes[\"s\"]) → longer than",
      })
  void rejectsValuesThatDouble(String statement, String problem) {
    Cursor at = Samples.at(OttlContext.LOG);
    List<String> statements = new ArrayList<>();
    statements.add("set(attributes[\"a\"], [1])");
    statements.add("set(attributes[\"s\"], \"abcdefgh\")");
    statements.addAll(Collections.nCopies(40, statement.strip()));
    assertThatThrownBy(() -> run(at, statements))
        .isInstanceOf(EvaluationException.class)
        .hasMessageContaining(problem.strip());
  }

  /** Each statement alone stays within the limits of a value. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      quoteCharacter = '`',
      value = {
        "replace_all_patterns(attributes, \"value\", \"x\", \"xx\") → 22",
        "replace_pattern(attributes[\"s\"], \"x\", \"x\") → 40",
        "replace_all_patterns(attributes, \"key\", \"x\", \"x\") → 40",
      })
  void limitsTheWorkPerItem(String statement, int times) {
    Cursor at = Samples.at(OttlContext.LOG);
    at.log().attributes().put("s", "x".repeat(200_000));
    at.log().attributes().put("x".repeat(200_000), "s");
    List<String> statements = Collections.nCopies(times, statement.strip());
    assertThatThrownBy(() -> run(at, statements))
        .isInstanceOf(EvaluationException.class)
        .hasMessageContaining("takes more than " + Cursor.MAX_WORK + " steps");
    at.beginItem();
    run(at, List.of("replace_pattern(attributes[\"t\"], \"x\", \"y\")"));
  }

  @Test
  void rejectsGroupsOfALongTemplate() {
    Cursor at = Samples.at(OttlContext.LOG);
    at.log().attributes().put("s", "x".repeat(1 << 14));
    assertThatThrownBy(
            () ->
                run(
                    at,
                    List.of(
                        "replace_pattern(attributes[\"s\"], \"^(.*)$\", \""
                            + "$1".repeat(10_000)
                            + "\")")))
        .isInstanceOf(EvaluationException.class)
        .hasMessageContaining("longer than");
  }

  /** The keys come from a sender: linear searches took minutes. */
  @Test
  @Timeout(60)
  void flattensAndRenamesManyKeys() {
    Cursor at = Samples.at(OttlContext.LOG);
    Attributes inner = new Attributes();
    for (int i = 0; i < 200_000; i++) {
      inner.add("k" + i, (long) i);
    }
    at.log().attributes().clear();
    at.log().attributes().put("m", inner);
    run(
        at,
        List.of(
            "flatten(attributes)", "replace_all_patterns(attributes, \"key\", \"^m.\", \"n.\")"));
    assertThat(at.log().attributes().size()).isEqualTo(200_000);
    assertThat(at.log().attributes().key(199_999)).isEqualTo("n.k199999");
  }

  @Test
  void rejectsPartsOfALongText() {
    Cursor at = Samples.at(OttlContext.LOG);
    at.log().attributes().put("s", "x,".repeat(2 << 20));
    for (String by : List.of(",", "")) {
      assertThatThrownBy(
              () ->
                  run(
                      at,
                      List.of("set(attributes[\"a\"], Split(attributes[\"s\"], \"" + by + "\"))")))
          .as(by)
          .isInstanceOf(EvaluationException.class)
          .hasMessageContaining("takes more than");
    }
    at.log().attributes().put("s", "x,".repeat(100));
    run(at, List.of("set(attributes[\"n\"], Len(Split(attributes[\"s\"], \",\")))"));
    assertThat(at.log().attributes().get("n")).isEqualTo(101L);
  }
}
