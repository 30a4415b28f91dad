package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MistakesTest {
  private static final Section JOB = new Section("job", "A job.");
  private static final Key<String> NAME = JOB.required("name", Type.STRING, "Name.");
  private static final Key<Duration> EVERY =
      JOB.key("every", Type.DURATION, Duration.ofMinutes(1), "Interval.");

  private static final Section TOP = new Section("file", "A file.");
  private static final Key<List<String>> JOBS =
      TOP.key("jobs", Type.list(JOB.type(MistakesTest::job)), List.of(), "Jobs.");
  private static final Key<Map<String, Long>> SIZES =
      TOP.key("sizes", Type.map(Type.INT), Map.of(), "Sizes.");
  private static final Key<Boolean> FLAG = TOP.key("flag", Type.BOOL, false, "Flag.");

  /** Type whose reader opens a map by itself, as those of many components do. */
  private static final Key<String> OWN =
      TOP.key("own", Type.of("own", null, n -> job(n.object(JOB))), "", "Own type.");

  static {
    TOP.notBuilt("later", "not built").removed("old", "write flag");
  }

  private static String job(YamlObject o) {
    if (o.get(EVERY).isZero()) {
      throw o.error(EVERY, "every must be more than 0");
    }
    return o.get(NAME);
  }

  private static Object read(String yaml) {
    YamlDocument d = YamlDocument.parse("f.yml", null, yaml);
    return d.readWhole(
        () -> {
          YamlObject o = d.root().object(TOP);
          List<Object> all = new ArrayList<>();
          d.root().attempt(() -> all.addAll(o.get(JOBS)));
          all.add(o.get(SIZES));
          all.add(o.get(FLAG));
          all.add(o.get(OWN));
          d.refuseNotBuilt();
          return all;
        });
  }

  private static List<String> mistakes(String yaml) {
    try {
      read(yaml);
    } catch (ConfigException e) {
      return String.valueOf(e.getMessage()).lines().toList();
    }
    return List.of();
  }

  @Test
  void namesAllMistakes() {
    assertThat(
            mistakes(
                """
                jobs:
                  - {name: a, every: 1x, evry: 2s}
                  - {every: 0s}
                  - {every: 5s}
                  -
                sizes: {a: one, b: 2, c: three, b: 3}
                flg: true
                flag: perhaps
                own: {nam: x, every: y}
                later: 1
                """))
        .satisfiesExactly(
            m -> assertThat(m).startsWith("f.yml:2:22: "),
            m -> assertThat(m).startsWith("f.yml:2:26: unknown key \"evry\""),
            m -> assertThat(m).isEqualTo("f.yml:3:13: every must be more than 0"),
            m -> assertThat(m).isEqualTo("f.yml:4:5: \"name\" is required in jobs[2]"),
            m -> assertThat(m).startsWith("f.yml:5:4: empty or null job section"),
            m -> assertThat(m).startsWith("f.yml:6:12: must be a whole number, not \"one\""),
            m -> assertThat(m).startsWith("f.yml:6:26: must be a whole number"),
            m -> assertThat(m).startsWith("f.yml:6:33: key \"b\" appears twice"),
            m -> assertThat(m).startsWith("f.yml:7:1: unknown key \"flg\""),
            m -> assertThat(m).startsWith("f.yml:8:7: must be true or false"),
            m -> assertThat(m).startsWith("f.yml:9:7: unknown key \"nam\""),
            m -> assertThat(m).startsWith("f.yml:9:22: "),
            m -> assertThat(m).startsWith("f.yml:10:1: later is valid but not built"));
  }

  @Test
  void throwsSingleErrorUnchanged() {
    assertThatThrownBy(() -> read("jobs: [{name: a, evry: 1s}]"))
        .isInstanceOf(UnknownKeyException.class)
        .hasMessage("f.yml:1:18: unknown key \"evry\" in jobs[0]; did you mean \"every\"?");
    assertThatThrownBy(() -> read("later: 1")).isInstanceOf(NotBuiltException.class);
    assertThat(read("jobs: [{name: a}]")).isEqualTo(List.of("a", Map.of(), false, ""));
  }

  @Test
  void boundsTheirNumber() {
    StringBuilder yaml = new StringBuilder("sizes:\n");
    for (int i = 0; i < 5000; i++) {
      yaml.append("  k").append(i).append(": no\n");
    }
    List<String> all = mistakes(yaml.toString());
    assertThat(all).hasSize(Mistakes.MAX + 1);
    assertThat(all.getLast()).isEqualTo("and 4900 more mistakes");
  }

  @Test
  void readsNestedMapsInLinearTime() {
    Section node = new Section("node", "A node.");
    List<Type<?>> self = new ArrayList<>();
    Key<Long> value = node.key("value", Type.INT, 0L, "Value.");
    int[] reads = {0};
    Key<Object> child =
        node.key("child", Type.of("node", null, n -> self.getFirst().read(n)), "", "Nested node.");
    self.add(
        node.type(
            o -> {
              reads[0]++;
              return List.of(o.get(value), o.get(child));
            }));
    StringBuilder yaml = new StringBuilder();
    int depth = 40;
    for (int i = 0; i < depth; i++) {
      yaml.append("{value: ").append(i).append(", child: ");
    }
    yaml.append("{value: x}").append("}".repeat(depth));
    YamlDocument d = YamlDocument.parse("f.yml", null, yaml.toString());
    assertThatThrownBy(() -> d.readWhole(() -> self.getFirst().read(d.root())))
        .hasMessageContaining("must be a whole number");
    assertThat(reads[0]).isLessThan(depth * depth);
  }

  @Test
  void namesErrorsOfSeveralDocuments() {
    List<YamlDocument> documents =
        YamlDocument.parseAll(
            "f.yml", "{flag: x}\n---\n{flag: true}\n---\n{later: 1}\n---\n{flg: 1}");
    assertThatThrownBy(() -> YamlDocument.readEach(documents, MistakesTest::readFlag))
        .satisfies(
            e ->
                assertThat(String.valueOf(e.getMessage()).lines())
                    .satisfiesExactly(
                        m -> assertThat(m).startsWith("f.yml:1:8: must be true or false"),
                        m -> assertThat(m).startsWith("f.yml:5:2: later is valid but not built"),
                        m -> assertThat(m).startsWith("f.yml:7:2: unknown key")));
    assertThatThrownBy(() -> YamlDocument.readEach(documents.subList(2, 3), MistakesTest::readFlag))
        .isInstanceOf(NotBuiltException.class);
    YamlDocument.readEach(documents.subList(1, 2), MistakesTest::readFlag);
  }

  private static void readFlag(YamlNode root) {
    root.object(TOP).get(FLAG);
    root.document().refuseNotBuilt();
  }

  @Test
  void namesTheRemedyForRemovedKeys() {
    assertThat(mistakes("old: 1"))
        .containsExactly("f.yml:1:1: unknown key \"old\" in file, which was removed; write flag");
  }
}
