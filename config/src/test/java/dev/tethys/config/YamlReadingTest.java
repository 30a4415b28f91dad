package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YamlReadingTest {
  private static final Section INNER = new Section("inner", "Inside.");
  private static final Key<Long> DEPTH = INNER.required("depth", Type.INT, "How deep.");
  private static final Section TOP = new Section("top", "The top.");
  private static final Key<String> TEXT = TOP.key("text", Type.STRING, "none", "Some text.");
  private static final Key<Duration> EVERY =
      TOP.key("every", Type.DURATION, Duration.ofMinutes(1), "How often.");
  private static final Key<Boolean> FLAG = TOP.key("flag", Type.BOOL, true, "Whether.");
  private static final Key<List<Long>> INNERS =
      TOP.key("inners", Type.list(INNER.type(o -> o.get(DEPTH))), List.of(), "Many.");
  private static final Key<Map<String, String>> LABELS =
      TOP.key("labels", Type.map(Type.STRING), Map.of(), "Free.");
  private static final Key<String> FILE = TOP.key("file", Type.PATH, "", "A file.");

  static {
    TOP.notBuilt("later", "Not yet.");
    TOP.notBuilt("last", "Not yet.");
  }

  private static YamlObject read(String yaml) {
    return YamlDocument.parse("f.yml", null, yaml).root().object(TOP);
  }

  private static YamlNode value(String scalar) {
    YamlObject o = read("text: " + scalar);
    return java.util.Objects.requireNonNull(o.at(TEXT));
  }

  @Test
  void emptyFileMeansAllDefaults() {
    YamlObject o = read("# nothing\n");
    assertThat(o.get(TEXT)).isEqualTo("none");
    assertThat(o.get(EVERY)).isEqualTo(Duration.ofMinutes(1));
    assertThat(o.get(INNERS)).isEmpty();
  }

  private static final Section POINTERS = new Section("pointers", "Keys without a default.");
  private static final Key<Duration> WAIT = POINTERS.optional("wait", Type.DURATION, "How long.");
  private static final Key<List<String>> BY =
      POINTERS.optional("by", Type.list(Type.STRING), "Labels.");

  @Test
  void nullIsAbsentForAKeyWithoutADefault() {
    YamlObject o = YamlDocument.parse("f.yml", null, "{wait: null, by: ~}").root().object(POINTERS);
    assertThat(o.find(WAIT)).isNull();
    assertThat(o.find(BY)).isNull();
    YamlObject written =
        YamlDocument.parse("f.yml", null, "{wait: 0s, by: []}").root().object(POINTERS);
    assertThat(written.find(WAIT)).isZero();
    assertThat(written.find(BY)).isEmpty();
  }

  @Test
  void nullIsAbsentIfTheDocumentAllows() {
    YamlObject o =
        YamlDocument.parse("f.yml", null, "{text: , flag: ~, every: null, inners: null}")
            .takingNullAsAbsent()
            .root()
            .object(TOP);
    assertThat(o.get(TEXT)).isEqualTo("none");
    assertThat(o.get(FLAG)).isTrue();
    assertThat(o.get(EVERY)).isEqualTo(Duration.ofMinutes(1));
    assertThat(o.has(TEXT)).isFalse();
    assertThat(o.get(INNERS)).isEmpty();
  }

  @Test
  void treeKeepsNullWhereRequired() {
    YamlNode n = YamlDocument.parse("f.yml", null, "{a: null, b: [1, ~, {c: }]}").root();
    assertThat(n.asNullableTree()).hasToString("{a=null, b=[1, null, {c=null}]}");
    assertThat(n.asTree().toString()).isEqualTo("{a=, b=[1, , {c=}]}");
  }

  @Test
  void emptyValueIsZeroAsInGo() {
    YamlObject o = read("text:\nflag: ~\nevery: null\n");
    assertThat(o.get(TEXT)).isEmpty();
    assertThat(o.get(FLAG)).isFalse();
    assertThat(o.get(EVERY)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "yes,true",
    "on,true",
    "y,true",
    "TRUE,true",
    "off,false",
    "No,false",
    "false,false",
    "n,false"
  })
  void acceptsYaml11Booleans(String text, boolean expected) {
    assertThat(value(text).asBool()).isEqualTo(expected);
    assertThat(value(text).asString()).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "17,17",
    "017,15",
    "0o17,15",
    "0x1F,31",
    "0b101,5",
    "1_000,1000",
    "-5,-5",
    "+5,5",
    "1e3,1000",
    "-0x10,-16"
  })
  void acceptsGoNumbers(String text, long expected) {
    assertThat(value(text).asLong()).isEqualTo(expected);
    assertThat(value(text).asString()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"'5'", "five", "1.5", "[5]", "0x", "99999999999999999999", "0x-5"})
  void refusesOtherNumbers(String text) {
    assertThatThrownBy(() -> value(text).asLong())
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("f.yml:1:7: must be a whole number, not ");
  }

  @Test
  void takesFloats() {
    assertThat(value("0.5").asDouble()).isEqualTo(0.5);
    assertThat(value("1e-3").asDouble()).isEqualTo(0.001);
    assertThat(value(".inf").asDouble()).isInfinite();
    assertThat(value(".nan").asDouble()).isNaN();
    assertThat(value("18446744073709551615").asUnsignedLong()).isEqualTo(-1);
  }

  @Test
  void suggestsNearestKeyForUnknownOne() {
    assertThatThrownBy(() -> read("text: a\nevrey: 5s\n"))
        .hasMessage("f.yml:2:1: unknown key \"evrey\" in top; did you mean \"every\"?");
    assertThatThrownBy(() -> read("inners:\n  - {depth: 1, zzzzz: 2}\n").get(INNERS))
        .hasMessage("f.yml:2:16: unknown key \"zzzzz\" in inners[0]; allowed: depth");
  }

  @Test
  void reportsDuplicateKey() {
    assertThatThrownBy(() -> read("text: a\ntext: b\n"))
        .hasMessage("f.yml:2:1: key \"text\" appears twice in this map");
  }

  @Test
  void describesInvalidValues() {
    assertThatThrownBy(() -> read("every: 5").get(EVERY))
        .hasMessageStartingWith("f.yml:1:8: not a valid duration string: \"5\"");
    assertThatThrownBy(() -> read("inners: [{}]").get(INNERS))
        .hasMessage("f.yml:1:10: \"depth\" is required in inners[0]");
    assertThatThrownBy(() -> read("inners:\n  -\n").get(INNERS))
        .hasMessageContaining("empty or null inner section in inners");
    assertThatThrownBy(() -> read("labels: [a]").get(LABELS))
        .hasMessage("f.yml:1:9: must be a map, not a list");
    assertThatThrownBy(() -> read("- a")).hasMessage("f.yml:1:1: must be a map, not a list");
  }

  @Test
  void collectsUnsupportedKeys() {
    YamlDocument d = YamlDocument.parse("f.yml", null, "text: a\nlater: [1]\n");
    d.root().object(TOP);
    assertThatThrownBy(d::refuseNotBuilt)
        .isInstanceOf(NotBuiltException.class)
        .hasMessage("f.yml:2:1: later is valid but not built in Tethys yet (see README): Not yet.");
    YamlDocument both = YamlDocument.parse("f.yml", null, "last: 1\nlater: [1]\n");
    both.root().object(TOP);
    assertThatThrownBy(both::refuseNotBuilt)
        .hasMessageContaining("f.yml:1:1: last is valid but not built")
        .hasMessageContaining("f.yml:2:1: later is valid but not built");
    YamlDocument empty = YamlDocument.parse("f.yml", null, "later: []\n");
    empty.root().object(TOP);
    assertThatCode(empty::refuseNotBuilt).doesNotThrowAnyException();
  }

  @Test
  void mergesMapsAndResolvesAliases() {
    YamlObject o =
        read("labels:\n  <<: [&a {x: 1, y: 2}, {y: 3, z: 4}]\n  y: 5\ninners: [{depth: 1}]\n");
    assertThat(o.get(LABELS))
        .containsExactlyInAnyOrderEntriesOf(Map.of("y", "5", "x", "1", "z", "4"));
  }

  @Test
  void readsOnlyTheFirstDocument() {
    assertThat(read("text: a\n---\ntext: b\n").get(TEXT)).isEqualTo("a");
  }

  @Test
  void resolvesPathsAgainstTheFile(@TempDir Path dir) throws IOException {
    Path f = dir.resolve("c.yml");
    Files.writeString(f, "file: sub/x\n");
    assertThat(YamlDocument.read(f).root().object(TOP).get(FILE))
        .isEqualTo(dir.resolve("sub/x").toString());
    Files.writeString(f, "file: /abs\n");
    assertThat(YamlDocument.read(f).root().object(TOP).get(FILE)).isEqualTo("/abs");
  }

  @Test
  void hostileFilesAreErrorsWithTheirName(@TempDir Path dir) throws IOException {
    assertThatThrownBy(() -> read("[".repeat(200_000))).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> read("a: &x {<<: *x}\n")).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> read("a: &x [1, *x]\n")).hasMessageContaining("contains itself");
    StringBuilder lists = new StringBuilder("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    String letters = "abcdefghi";
    for (int i = 1; i < letters.length(); i++) {
      String before = "*" + letters.charAt(i - 1) + ", ";
      char now = letters.charAt(i);
      lists.append(now + ": &" + now + " [" + before.repeat(9) + "x]\n");
    }
    assertThatThrownBy(() -> read(lists.toString()))
        .hasMessageContaining("aliases repeat more than 1000000 values");
    String text = "a: &a " + "x".repeat(1 << 20) + "\nb: [" + "*a, ".repeat(200) + "1]\n";
    assertThatThrownBy(() -> read(text)).hasMessageContaining("aliases repeat more than");
    assertThatThrownBy(() -> read("labels: &x\n  <<: *x\n").get(LABELS))
        .isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> read("text: \u0001")).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> read("text: 'a\n")).hasMessageStartingWith("f.yml:2:1: yaml: ");
    StringBuilder laughs = new StringBuilder("labels:\n  a0: &a0 [x]\n");
    for (int i = 1; i < 30; i++) {
      laughs.append("  a" + i + ": &a" + i + " [" + ("*a" + (i - 1) + ",").repeat(1000) + "]\n");
    }
    assertThatThrownBy(() -> read(laughs.toString())).isInstanceOf(ConfigException.class);
    Path bad = dir.resolve("bad.yml");
    Files.write(bad, new byte[] {'t', ':', (byte) 0xff});
    assertThatThrownBy(() -> YamlDocument.read(bad)).hasMessage(bad + ": yaml: invalid UTF-8");
  }

  @Property
  void readsBackAnyOutput(@ForAll String key, @ForAll String value) {
    // YAML cannot hold a NUL, a lone surrogate or a non-character in any form the reader takes.
    boolean speakable =
        (key + value)
            .codePoints()
            .allMatch(c -> c >= ' ' && c < 0xd800 || c >= 0xe000 && c < 0xfff0 || c == '\n');
    if (!speakable) {
      return;
    }
    Map<String, @Nullable Object> inner = new LinkedHashMap<>();
    inner.put(key, value);
    String text = YamlWriter.write(Map.of("labels", inner));
    assertThat(read(text).get(LABELS)).containsExactly(Map.entry(key, value));
  }

  @Test
  void writesLikeGo() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("s", "on");
    m.put("num", 5);
    m.put("gone", null);
    m.put("secret", new Secret("x"));
    m.put("d", Duration.ofSeconds(90));
    m.put("l", List.of("a", Map.of("k", "v")));
    m.put("f", new YamlWriter.Flow(List.of("a", "b c")));
    m.put("u", java.net.URI.create("http://me:pass@host/x"));
    assertThat(YamlWriter.write(m))
        .isEqualTo(
            """
            s: 'on'
            num: 5
            secret: <secret>
            d: 1m30s
            l:
            - a
            - k: v
            f: [a, b c]
            u: http://me:xxxxx@host/x
            """);
  }

  @Test
  void documentsItsKeys() {
    assertThat(ConfigReference.markdown("Keys", TOP))
        .contains("## top\n\nThe top.\n")
        .contains("| `every` | duration | `1m` | How often. |")
        .contains("| `inners` | list of [inner](#inner) |  | Many. |")
        .contains("| `depth` | int | required | How deep. |")
        .contains("| `later` | not built yet |");
  }

  @Test
  void rejectsTooDeepNestingWithPosition() {
    StringBuilder block = new StringBuilder();
    for (int i = 0; i < 130; i++) {
      block.append(" ".repeat(i)).append("a:\n");
    }
    StringBuilder aliases = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 130; i++) {
      aliases.append("a" + i + ": &a" + i + " [*a" + (i - 1) + "]\n");
    }
    Map<String, String> places =
        Map.of(
            "a: " + "[".repeat(1_000_000),
            "1:103",
            "a: " + "[".repeat(500_000) + "]".repeat(500_000),
            "1:103",
            "{a: ".repeat(100_000),
            "1:401",
            "- ".repeat(400_000),
            "1:201",
            "? ".repeat(400_000),
            "1:201",
            "a: {b: " + "[".repeat(99) + "]".repeat(99) + "}\n",
            "1:106",
            block.toString(),
            "101:101",
            aliases.toString(),
            "101:");
    places.forEach(
        (text, place) -> {
          assertThatThrownBy(() -> YamlDocument.parse("f", null, text))
              .as(text.substring(0, 20))
              .hasMessageStartingWith("f:" + place)
              .hasMessageContaining("nested in more than 100 levels here; write fewer levels");
          assertThatThrownBy(() -> YamlDocument.parseAll("f", text))
              .hasMessageStartingWith("f:" + place);
        });
    String most = "a: " + "[".repeat(99) + "x" + "]".repeat(99) + "\nb: {c: [1]}\n";
    assertThat(YamlDocument.parse("f", null, most).root().entries()).containsKeys("a", "b");
  }
}
