package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckInspectionsTest {
  private static final String FILE =
      """
      inspections:
        - id: OldOrders
          title: Orders that wait
          category: shop
          entities: [service]
          query: 'max by (service) (order_age_seconds)'
          above: 600
          unit: seconds
          message: 'orders of {entity} wait for {value}'
          remedy: Look at the workers.
          tests:
            - name: orders wait
              series:
                - 'traces_spanmetrics_calls_total{service="cart", span_kind="SPAN_KIND_SERVER"} 0+30x30'
                - 'order_age_seconds{service="cart"} 0+60x30'
              at: 6m
              expect: [{entity: cart, value: %s}]
      overrides:
        - {scope: 'shop/*/*', inspection: CPUNode, threshold: 90}
      """;

  @TempDir Path dir;
  private String output = "";

  private int check(String text) throws IOException {
    Path file = Files.writeString(dir.resolve("own.yml"), text);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8)) {
      return new ToolRole(List.of())
          .run(
              List.of("check", "inspections", file.toString()),
              new Console(new ByteArrayInputStream(new byte[0]), to, to, false));
    } finally {
      output = out.toString(StandardCharsets.UTF_8);
    }
  }

  @Test
  void runsTheTestsOfAFile() throws IOException {
    assertThat(check(FILE.formatted("720"))).as(output).isZero();
    assertThat(output).contains("SUCCESS: 1 inspections, 1 tests");
  }

  @Test
  void reportsFailedTests() throws IOException {
    assertThat(check(FILE.formatted("5"))).isEqualTo(1);
    assertThat(output)
        .contains(
            "own.yml:12:9: OldOrders, test \"orders wait\": value of cart is 720.0, expected 5.0");
  }

  @Test
  void reportsMistakes() throws IOException {
    assertThat(check("inspection: []")).isEqualTo(1);
    assertThat(output).contains("own.yml:1:1", "did you mean \"inspections\"?");
  }
}
