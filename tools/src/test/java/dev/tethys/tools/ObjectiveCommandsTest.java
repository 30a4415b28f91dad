package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.rule.RuleFile;
import dev.tethys.model.NameScheme;
import dev.tethys.query.promql.parser.ParserOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectiveCommandsTest {
  private static final String OBJECTIVES =
      """
      objectives:
      - {name: up, service: shop, target: 99, indicator: {availability: {}}}
      """;

  @TempDir Path folder;

  private static String run(int status, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    int code = new ToolRole(List.of()).run(List.of(args), new Console(print, print, false));
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(code).as(text).isEqualTo(status);
    return text;
  }

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("slo.yml"), text).toString();
  }

  @Test
  void checksFiles() throws IOException {
    assertThat(run(0, "check", "objectives", file(OBJECTIVES)))
        .contains("Checking ", "  SUCCESS: 1 objectives with 17 rules found");
    assertThat(run(1, "check", "objectives", file(OBJECTIVES.replace("99", "100"))))
        .contains("  FAILED:", "slo.yml:2:37: target is 100.0; it must be a percentage above 0");
  }

  @Test
  void printsRulesThatAreARuleFile() throws IOException {
    String rules = run(0, "objectives", "rules", file(OBJECTIVES));
    assertThat(RuleFile.parse("r.yml", rules, NameScheme.UTF8, ParserOptions.STABLE)).hasSize(3);
    assertThat(rules).startsWith("groups:\n- name: \"sloth-slo-sli-recordings-shop-up\"\n");
  }
}
