package dev.tethys.collect.observe.logs;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.testkit.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** Levels, patterns and multi-line messages, as Coroot's log parser finds them. */
class LogConformanceTest {
  private interface Check {
    void check(Map<?, ?> test);
  }

  private static List<DynamicTest> tests(String file, Check check) throws Exception {
    List<DynamicTest> out = new ArrayList<>();
    for (String line : Files.readAllLines(Shared.conformance("coroot/logparser/" + file))) {
      Map<?, ?> test = (Map<?, ?>) requireNonNull(JsonReader.read(line));
      Executable run = () -> check.check(test);
      out.add(DynamicTest.dynamicTest(String.valueOf(test.get("id")), run));
    }
    return out;
  }

  @TestFactory
  List<DynamicTest> linesAreReadAsCorootReadsThem() throws Exception {
    return tests("cases.jsonl", LogConformanceTest::line);
  }

  private static void line(Map<?, ?> t) {
    String what = text(t, "what");
    String line = text(t, "line");
    switch (what) {
      case "level" -> assertThat(LogLevel.guess(line).label()).isEqualTo(t.get("want"));
      case "pattern" -> assertThat(LogPattern.of(line)).hasToString(text(t, "want"));
      case "same pattern" ->
          assertThat(LogPattern.of(line).hash()).isEqualTo(LogPattern.of(text(t, "other")).hash());
      case "weakly equal (at most one word differs)" ->
          assertThat(LogPattern.of(line).isWeaklyEqual(LogPattern.of(text(t, "other"))))
              .isEqualTo(t.get("want"));
      case "without quoted and bracketed text" ->
          assertThat(LogPattern.withoutQuoted(line)).isEqualTo(t.get("want"));
      case "contains a timestamp" ->
          assertThat(MessageJoiner.hasTime(line)).isEqualTo(t.get("want"));
      default -> throw new AssertionError("unknown test " + t);
    }
  }

  @TestFactory
  List<DynamicTest> linesAreJoinedAsCorootJoinsThem() throws Exception {
    return tests("multiline.jsonl", LogConformanceTest::joined);
  }

  private static void joined(Map<?, ?> t) {
    List<String> found = new ArrayList<>();
    Object limit = t.get("limit_bytes");
    MessageJoiner joiner =
        new MessageJoiner(limit == null ? 64 << 10 : ((Number) limit).intValue(), found::add);
    for (String line : text(t, "text").split("\n", -1)) {
      joiner.line(line, 0);
    }
    joiner.flush();
    assertThat(found).hasSize(((Number) requireNonNull(t.get("messages"))).intValue());
    if (t.get("content_bytes") != null) {
      assertThat(found.getFirst().getBytes(StandardCharsets.UTF_8))
          .hasSize(((Number) requireNonNull(t.get("content_bytes"))).intValue());
    }
  }

  private static String text(Map<?, ?> t, String field) {
    return (String) requireNonNull(t.get(field));
  }
}
