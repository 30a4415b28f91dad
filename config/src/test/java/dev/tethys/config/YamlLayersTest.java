package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class YamlLayersTest {
  private final Map<String, String> env = new HashMap<>();
  private final Map<String, String> files = new HashMap<>();

  private YamlLayers layers() {
    return new YamlLayers(
        Map.of(
            "env",
            a -> {
              String[] p = a.split(":-", 2);
              return env.getOrDefault(p[0], p.length > 1 ? p[1] : "");
            },
            "file",
            a -> {
              String t = files.get(a);
              if (t == null) {
                throw new IOException("no such file: " + a);
              }
              return t;
            }));
  }

  private static YamlNode at(YamlNode map, String key) {
    YamlNode.Entry e = map.entries().get(key);
    if (e == null) {
      throw new AssertionError("no key " + key);
    }
    return e.value();
  }

  private Object tree(String yaml) {
    return layers().add("f", yaml).root().asTree();
  }

  @Test
  void splitsTextIntoAListIfTheDocumentAllows() {
    Type<List<String>> list = Type.list(Type.STRING);
    YamlDocument d = layers().add("f", "{a: 'x:1,y:2', b: '', n: 5}").document();
    assertThatThrownBy(() -> list.read(at(d.root(), "a")))
        .hasMessageContaining("must be a list, not");
    d.splittingTexts();
    assertThat(list.read(at(d.root(), "a"))).containsExactly("x:1", "y:2");
    assertThat(list.read(at(d.root(), "b"))).isEmpty();
    assertThatThrownBy(() -> list.read(at(d.root(), "n")))
        .hasMessageContaining("must be a list, not \"5\"");
  }

  @Test
  void typesVariablesByPosition() {
    env.put("PORT", "4317");
    env.put("ZIP", "0123");
    env.put("LIST", "[a, b]");
    YamlNode n =
        layers()
            .add("f", "a: ${env:PORT}\nb: ${ZIP}\nc: x:${PORT}\nd: ${LIST}\ne: ${NO:-7}\nf: ${NO}")
            .root();
    assertThat(at(n, "a").asLong()).isEqualTo(4317);
    assertThat(at(n, "b").asString()).isEqualTo("0123");
    assertThat(at(n, "c").asString()).isEqualTo("x:4317");
    assertThat(at(n, "d").asTree()).isEqualTo(List.of("a", "b"));
    assertThat(at(n, "e").asLong()).isEqualTo(7);
    assertThat(at(n, "f").isNull()).isTrue();
    assertThat(at(n, "d").where()).isEqualTo("f:4:4");
  }

  @Test
  void keepsDollarSigns() {
    assertThat(tree("a: $$1\nb: $x\nc: cost$\nd: $${X}\ne: $$$${X}"))
        .isEqualTo(Map.of("a", "$1", "b", "$x", "c", "cost$", "d", "${X}", "e", "$${X}"));
  }

  @Test
  void insertsFilesWithTheirReferences() {
    env.put("WHO", "me");
    env.put("NAME", "part");
    files.put("part", "x: ${env:WHO}\ny: [1, \"${WHO}\"]\n");
    files.put("token", "s3cret\n");
    assertThat(tree("a: ${file:${NAME}}\nb: ${file:token}\nc: t-${file:token}-t"))
        .isEqualTo(
            Map.of(
                "a",
                Map.of("x", "me", "y", List.of(java.math.BigDecimal.ONE, "me")),
                "b",
                "s3cret",
                "c",
                "t-s3cret-t"));
  }

  @Test
  void laterSourcesOverrideEarlierOnes() {
    Object t =
        layers()
            .add("one", "a: {x: 1, y: [1, 2]}\nb: 1\nk::l::m: deep\n")
            .add("two", "a: {y: [3], z: 4}\nk::l::n: too\n")
            .set("a.x=9")
            .set("b=[on, off]")
            .root()
            .asTree();
    assertThat(t.toString())
        .isEqualTo("{a={x=9, y=[3], z=4}, b=[true, false], k={l={m=deep, n=too}}}");
  }

  @Test
  void emptyValueRemovesAMap() {
    assertThat(at(layers().add("one", "a: {x: 1}").add("two", "a:").root(), "a").isNull()).isTrue();
  }

  private YamlNode substituted(String value) {
    files.put("value", value);
    return at(layers().add("f", "a: ${file:value}").document().readingAsCollector().root(), "a");
  }

  /** The Collector's own table (confmap/internal/e2e/types_test.go), values put in as a whole. */
  @Test
  void substitutedValuesHaveTheRequiredType() {
    assertThat(substituted("123").asLong()).isEqualTo(123);
    assertThat(substituted("123").asString()).isEqualTo("123");
    assertThat(substituted("0123").asLong()).isEqualTo(83);
    assertThat(substituted("0123").asString()).isEqualTo("0123");
    assertThat(substituted("0xdeadbeef").asLong()).isEqualTo(3735928559L);
    assertThat(substituted("0xdeadbeef").asString()).isEqualTo("0xdeadbeef");
    assertThat(substituted("\"0123\"").asString()).isEqualTo("\"0123\"");
    assertThatThrownBy(() -> substituted("\"0123\"").asLong()).hasMessageContaining("the string");
    assertThat(substituted("!!str 0123").asString()).isEqualTo("!!str 0123");
    for (String text : List.of("t", "23", "no", "yes", "on", "off", "y", "n")) {
      assertThatThrownBy(() -> substituted(text).asBool()).as(text).hasMessageContaining("true or");
    }
    for (String text : List.of("no", "yes", "on", "off", "y", "n", "08:00", "2006-01-02")) {
      assertThat(substituted(text).asTree()).as(text).isEqualTo(text);
    }
    assertThat(substituted("true").asTree()).isEqualTo(true);
    assertThat(substituted("08").asTree()).isEqualTo(8.0);
    assertThat(substituted(".inf").asTree()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(substituted("true # comment").asBool()).isTrue();
    assertThat(substituted("[\"a\",").asString()).isEqualTo("[\"a\",");
    YamlNode list = substituted("[filelog,windowseventlog/application]");
    assertThat(list.items()).hasSize(2);
    assertThat(list.asString()).isEqualTo("[filelog,windowseventlog/application]");
    assertThat(substituted("$$ENV").asString()).isEqualTo("$ENV");
    assertThat(substituted("$${ENV}").asString()).isEqualTo("${ENV}");
    assertThat(substituted("").isNull()).isTrue();
  }

  @Test
  void errorsNameTextAndPosition() {
    assertThatThrownBy(() -> tree("a:\n  b: ${nope:x}"))
        .hasMessage("f:2:6: \"${nope:x}\": unknown source \"nope\"; expected one of: env, file");
    assertThatThrownBy(() -> tree("a: ${file:gone}")).hasMessageContaining("no such file: gone");
    assertThatThrownBy(() -> tree("a: ${1X}")).hasMessageContaining("is not a valid variable name");
    assertThatThrownBy(() -> tree("a: x${PORT")).hasMessageContaining("has no \"}\"");
    files.put("loop", "${file:loop}");
    assertThatThrownBy(() -> tree("a: ${file:loop}")).hasMessageContaining("in a cycle");
    files.put("map", "x: ${file:map}");
    assertThatThrownBy(() -> tree("a: ${file:map}")).hasMessageContaining("in a cycle");
    assertThatThrownBy(() -> layers().set("a")).hasMessageContaining("path.to.key=value");
    YamlNode n = layers().add("one", "a: {x: 1}").add("two", "a: {y: oops}").root();
    assertThatThrownBy(() -> at(at(n, "a"), "y").asLong()).hasMessageStartingWith("two:1:8");
    assertThatThrownBy(() -> layers().add("one", "a: 1").add("two", "a: 2\na: 3").root().entries())
        .hasMessageContaining("appears twice");
  }
}
