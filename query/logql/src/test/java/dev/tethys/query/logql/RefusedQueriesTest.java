package dev.tethys.query.logql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.logql.parser.LogqlParser;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Queries that are not valid, with their messages, and hostile ones. */
class RefusedQueriesTest {
  @TestFactory
  Stream<DynamicTest> messages() throws IOException {
    return ScriptTest.resource("/refused.tsv")
        .lines()
        .filter(l -> !l.startsWith("#"))
        .map(l -> l.split("\t", 2))
        .map(
            p ->
                DynamicTest.dynamicTest(
                    p[0],
                    () ->
                        assertThatThrownBy(() -> LogqlEngine.check(p[0]))
                            .isInstanceOf(LogqlParseException.class)
                            .hasMessage(p[1])));
  }

  private static void refused(String query, String part) {
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> LogqlEngine.check(query))
                .isInstanceOf(LogqlParseException.class)
                .hasMessageContaining(part));
  }

  @Test
  void rejectsHostileQueriesWithinLimits() {
    String range = "count_over_time({a=\"b\"}[1m])";
    refused("(".repeat(60_000) + "1" + ")".repeat(60_000), "levels deep");
    refused("sum(".repeat(20_000) + range + ")".repeat(20_000), "levels deep");
    refused("{a=\"b\"} | " + "(".repeat(50_000) + "x=1", "levels deep");
    refused(range + (" + " + range).repeat(1_500), "more than 1000 operators");
    refused("{a=\"b\"} | x=1" + " or x=1".repeat(5_000), "more than 1000 operators");
    refused("{a=\"" + "b".repeat(200_000) + "\"}", "input size too long");
    refused("{a=\"b\"} |~ \"" + "(a{1,900}){1,900}" + "\"", "error parsing regexp");
    refused("rate({a=\"b\"}[" + "9".repeat(60) + "s])", "invalid duration");
    refused("count_over_time(".repeat(3_000), "unexpected");
  }

  @Test
  void acceptsChainsWithinTheLimits() {
    String range = "count_over_time({a=\"b\"}[1m])";
    for (String q :
        List.of(
            range + (" + " + range).repeat(900),
            "{a=\"b\"}" + " |= \"x\"".repeat(3_000),
            "{a=\"b\"} | x=1" + " or x=1".repeat(900))) {
      assertThat(LogqlEngine.check(q)).isNotNull();
    }
  }

  @Test
  void rejectsInvalidUtf8WithPosition() {
    byte[] query = "{a=\"b\"} |= \"x\"".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    query[12] = (byte) 0xff;
    assertThatThrownBy(() -> LogqlParser.parse(query))
        .hasMessage("parse error at line 1, col 12: invalid UTF-8 encoding");
  }
}
