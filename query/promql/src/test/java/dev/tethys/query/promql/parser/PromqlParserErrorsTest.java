package dev.tethys.query.promql.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Error texts and positions, which people and tools know from Prometheus. */
class PromqlParserErrorsTest {
  @TestFactory
  Stream<DynamicTest> errors() throws Exception {
    try (InputStream in =
        Objects.requireNonNull(PromqlParserErrorsTest.class.getResourceAsStream("errors.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines().filter(l -> !l.startsWith("#")).toList().stream()
              .map(
                  l -> {
                    String[] f = l.split("\t", 3);
                    String query = f[2].replace("\\n", "\n");
                    return DynamicTest.dynamicTest(
                        query,
                        () ->
                            assertThat(error(query, ParserOptions.ALL))
                                .isEqualTo(f[0] + ": parse error: " + f[1]));
                  });
    }
  }

  private static String error(String query, ParserOptions options) {
    PromqlParseException e =
        catchThrowableOfType(PromqlParseException.class, () -> PromqlParser.parse(query, options));
    assertThat(e).as("%s is refused", query).isNotNull();
    return String.valueOf(e.getMessage());
  }

  @Test
  void emptyQueryHasNoPosition() {
    assertThat(error("", ParserOptions.ALL))
        .isEqualTo("unknown position: parse error: no expression found in input");
  }

  @Test
  void namesFlagOfDisabledConstructs() {
    assertThat(error("info(up)", ParserOptions.STABLE))
        .isEqualTo("1:1: parse error: function \"info\" is not enabled");
    assertThat(error("limitk(1, up)", ParserOptions.STABLE))
        .isEqualTo(
            "1:1: parse error: limitk() is experimental and must be enabled with"
                + " --enable-feature=promql-experimental-functions");
    assertThat(error("up anchored", ParserOptions.STABLE))
        .isEqualTo("1:1: parse error: anchored modifier is experimental and not enabled");
    assertThat(error("1 + up + fill(1) up", ParserOptions.STABLE))
        .isEqualTo("1:1: parse error: binop fill modifiers are experimental and not enabled");
  }

  @Test
  void depthIsBounded() {
    String deep = "(".repeat(100_000) + "1" + ")".repeat(100_000);
    assertThat(error(deep, ParserOptions.STABLE)).contains("nested more than 300 levels deep");
    assertThat(error("-".repeat(100_000) + "1", ParserOptions.STABLE)).contains("300 levels deep");
    assertThat(error("1" + "^1".repeat(100_000), ParserOptions.STABLE)).contains("300 levels deep");
    assertThat(error("up[" + "5m+".repeat(1000) + "5m]", ParserOptions.STABLE))
        .contains("300 levels deep");
    String chain = "up" + " or up".repeat(1000);
    assertThat(error(chain, ParserOptions.STABLE)).contains("a tree of more than 1000 levels");
    PromqlParser.parse("up" + " or up".repeat(PromqlParser.MAX_HEIGHT - 1), ParserOptions.STABLE);
    PromqlParser.parse("(".repeat(290) + "1" + ")".repeat(290), ParserOptions.STABLE);
    String ranges = "rate(up[1m+1m]) or ".repeat(400) + "up";
    PromqlParser.parse(ranges, ParserOptions.STABLE);
  }

  @Test
  void lengthIsBounded() {
    String longest = "1" + " ".repeat(PromqlParser.MAX_QUERY_BYTES - 1);
    PromqlParser.parse(longest, ParserOptions.STABLE);
    assertThat(error(longest + " ", ParserOptions.STABLE))
        .contains("query is longer than 1048576 bytes");
  }
}
