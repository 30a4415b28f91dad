package dev.tethys.query.logql.parser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Tokens of texts as Loki's lexer finds them. */
class TokensConformanceTest {
  @Test
  @SuppressWarnings("unchecked")
  void tokensAreLokis() throws IOException, MalformedJsonException {
    for (String line : Files.readAllLines(Shared.conformance("loki/logql/tokens.jsonl"))) {
      Map<String, Object> c = (Map<String, Object>) Objects.requireNonNull(JsonReader.read(line));
      List<Object> want = (List<Object>) Objects.requireNonNull(c.get("tokens"));
      LogqlLexer lexer = new LogqlLexer(String.valueOf(c.get("text")));
      List<String> got = new ArrayList<>();
      // some texts end in a quote that Loki's lexer gives no token for
      while (got.size() < want.size()) {
        LogqlToken t = lexer.next();
        if (t.kind() == LogqlTokenKind.END) {
          break;
        }
        got.add(name(t));
      }
      assertThat(got).as(line).isEqualTo(want.stream().map(String::valueOf).toList());
    }
  }

  private static String name(LogqlToken t) {
    return switch (t.kind()) {
      case RANGE_FUNCTION, AGGREGATION, CONVERSION -> t.text().toUpperCase(Locale.ROOT);
      default -> t.kind().name();
    };
  }
}
