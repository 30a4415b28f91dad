package dev.tethys.pipeline.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class OperatorsTest {
  /**
   * Cases of {@code operators.txt}, from the Collector's documentation of each operator: operators,
   * lines {@code < entry}, lines {@code > entry}, lines {@code ! failure}.
   */
  @TestFactory
  Stream<DynamicTest> cases() throws IOException {
    String all;
    try (InputStream in = OperatorsTest.class.getResourceAsStream("operators.txt")) {
      all = new String(java.util.Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    List<DynamicTest> tests = new ArrayList<>();
    for (String c : all.split("(?m)^### ")) {
      if (!c.isBlank() && !c.startsWith("#")) {
        int end = c.indexOf('\n');
        tests.add(DynamicTest.dynamicTest(c.substring(0, end), () -> run(c.substring(end + 1))));
      }
    }
    assertThat(tests).hasSizeGreaterThan(30);
    return tests.stream();
  }

  private static void run(String text) throws InterruptedException {
    StringBuilder yaml = new StringBuilder();
    List<String> in = new ArrayList<>();
    List<String> out = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    for (String line : text.split("\n")) {
      switch (line.isEmpty() ? ' ' : line.charAt(0)) {
        case '<' -> in.add(line.substring(1));
        case '>' -> out.add(JsonValues.write(JsonValues.read(line.substring(1))));
        case '!' -> failures.add(line.substring(1).strip());
        default -> yaml.append(line).append('\n');
      }
    }
    Rig rig = new Rig(yaml.toString());
    for (String e : in) {
      rig.give(e);
    }
    rig.chain.flush();
    assertThat(rig.out).isEqualTo(out);
    assertThat(rig.failures).hasSameSizeAs(failures);
    for (int i = 0; i < failures.size(); i++) {
      assertThat(rig.failures.get(i)).contains(failures.get(i));
    }
    assertThat(rig.settled.get()).as("entries settled").isEqualTo(rig.given);
  }

  @Test
  void rejectsInvalidSettingsWithPosition() {
    refused("- {type: json_parsr}", "1:10", "did you mean \"json_parser\"?");
    refused("- {type: json_parser, parse_form: body}", "1:23", "did you mean \"parse_from\"?");
    refused("- {type: regex_parser, regex: '('}", "1:31", "");
    refused("- {type: regex_parser, regex: 'x'}", "1:31", "named group");
    refused("- {type: add, field: body.x}", "1:3", "\"value\" is required");
    refused("- {type: add, field: x, value: 1}", "1:22", "did you mean body.x?");
    refused("- {type: filter, expr: 'body matches \"(\"'}", "1:24", "at character 14 of");
    refused("- {type: filter, expr: 'foo(body)'}", "1:24", "no function foo");
    refused("- {type: noop, if: 'bodi == 1'}", "1:20", "did you mean \"body\"?");
    refused("- {type: noop, output: other}", "1:3", "no operator with the id \"other\"");
    refused("- {type: noop, id: a}\n- {type: noop, id: a}", "2:3", "another operator");
    refused("- {type: noop, id: a, output: b}\n- {type: noop, id: b, output: a}", "1:3", "cycle");
    refused(
        "- {type: severity_parser, parse_from: body, mapping: {bad: x}}",
        "1:60",
        "is not a severity");
    refused(
        "- {type: time_parser, parse_from: body, layout: '%Q'}", "1:49", "unknown directive %Q");
    refused(
        "- {type: time_parser, parse_from: body, layout_type: epoch, layout: x}", "1:69", "s.ms");
    refused(
        "- {type: time_parser, parse_from: body, layout: '%F', time_zone_locations: {A: UTC}}",
        "1:76", "no name of a zone");
    refused(
        "- {type: time_parser, parse_from: body, layout: '%F %Z', time_zone_locations: {A: x}}",
        "1:79", "A: there is no time zone \"x\"");
    refused("- {type: recombine, combine_field: body}", "1:3", "is_first_entry");
    refused("- {type: csv_parser}", "1:3", "header");
    refused("- {type: syslog_parser, protocol: rfc1}", "1:35", "rfc3164, rfc5424");
    refused("- {type: json_array_parser}", "1:3", "parse_to");
    refused("- {type: flatten, field: body}", "1:26", "not in a map");
    refused("- type: router\n  routes: [{expr: 'true', output: x}]", "1:3", "\"x\"");
  }

  private static void refused(String yaml, String place, String reason) {
    assertThatThrownBy(() -> OperatorChain.check(Rig.configs(yaml)))
        .as(yaml)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yaml:" + place)
        .hasMessageContaining(reason);
  }

  /** A parser stores its result, then sets the body from one of its fields. */
  @Test
  void parsersSetTheBodyFromAField() throws Exception {
    Rig rig =
        new Rig(
            """
            - type: json_parser
              body: attributes.message
              severity: {parse_from: attributes.level}
            """);
    rig.text("{\"message\": \"hi\", \"level\": \"error\"}");
    rig.text("{\"level\": \"info\"}");
    assertThat(rig.failures).isEmpty();
    assertThat(rig.out.get(0)).contains("\"body\":\"hi\"", "\"message\":\"hi\"");
    assertThat(rig.out.get(1)).as("the field is absent").contains("\\\"level\\\"");
    Rig regex =
        new Rig("[{type: regex_parser, regex: '(?P<a>.) (?P<rest>.*)', body: attributes.rest}]");
    regex.text("x some text");
    assertThat(regex.out.getFirst()).contains("\"body\":\"some text\"");
    refused("- {type: json_parser, parse_to: body, body: body.x}", "", "parse_to: body");
  }

  @Test
  void flushesBufferedEntriesAfterTheirTime() throws InterruptedException {
    Rig rig =
        new Rig(
            """
            - type: recombine
              combine_field: body
              is_first_entry: body startsWith "a"
              force_flush_period: 2s
            """);
    rig.text("a1");
    rig.text("b");
    rig.chain.tick(Duration.ofSeconds(10).toNanos());
    rig.chain.tick(Duration.ofSeconds(11).toNanos());
    assertThat(rig.out).isEmpty();
    assertThat(rig.settled.get()).isZero();
    rig.chain.tick(Duration.ofSeconds(12).toNanos());
    assertThat(rig.out).containsExactly("{\"body\":\"a1\\nb\"}");
    assertThat(rig.settled.get()).isEqualTo(2);
  }

  @Test
  void combinesSourcesSeparatelyWithinBounds() throws InterruptedException {
    Rig rig =
        new Rig(
            """
            - type: recombine
              combine_field: body
              is_last_entry: body == "end"
              max_sources: 2
            """);
    for (String s : List.of("1", "2", "1")) {
      rig.give("{\"body\":\"x\",\"attributes\":{\"log.file.path\":\"" + s + "\"}}");
    }
    rig.give("{\"body\":\"end\",\"attributes\":{\"log.file.path\":\"1\"}}");
    assertThat(rig.out)
        .containsExactly("{\"attributes\":{\"log.file.path\":\"1\"},\"body\":\"x\\nx\\nend\"}");
    rig.give("{\"body\":\"y\",\"attributes\":{\"log.file.path\":\"3\"}}");
    rig.give("{\"body\":\"z\",\"attributes\":{\"log.file.path\":\"4\"}}");
    assertThat(rig.out).hasSize(3);
    assertThat(rig.failures).singleElement().asString().contains("more than 2 sources");
  }

  @Test
  void settlesSeveralOutputsTogether() throws InterruptedException {
    Rig rig =
        new Rig(
            """
            - {type: noop, id: one, output: [a, b]}
            - {type: add, id: a, field: attributes.way, value: a, output: end}
            - {type: add, id: b, field: attributes.way, value: b, output: end}
            - {type: noop, id: end}
            """);
    rig.text("x");
    assertThat(rig.out)
        .containsExactly(
            "{\"attributes\":{\"way\":\"a\"},\"body\":\"x\"}",
            "{\"attributes\":{\"way\":\"b\"},\"body\":\"x\"}");
    assertThat(rig.settled.get()).isEqualTo(1);
  }

  @Test
  void parsesSizesOfLogReceivers() {
    assertThat(Sizes.parse("1024")).isEqualTo(1024);
    assertThat(Sizes.parse("1kb")).isEqualTo(1000);
    assertThat(Sizes.parse("16KiB")).isEqualTo(16384);
    assertThat(Sizes.parse("1.5 MiB")).isEqualTo(3 << 19);
    assertThatThrownBy(() -> Sizes.parse("1x")).hasMessageContaining("is not a size");
  }
}
