package dev.tethys.query.traceql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.traceql.ConformanceCases.Outcome;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Recorded behaviour of Tempo. A case that Tethys answers otherwise is listed with its reason in
 * {@code conformance-exceptions.tsv}; one that is listed and passes fails.
 */
@Tag("slow")
class ConformanceTest {
  private static Map<String, String> exceptions() {
    Map<String, String> out = new TreeMap<>();
    try (var in =
        Objects.requireNonNull(
            ConformanceTest.class.getResourceAsStream("/conformance-exceptions.tsv"))) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .forEach(l -> out.put(l.substring(0, l.indexOf('\t')), l.substring(l.indexOf('\t') + 1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  @TestFactory
  Stream<DynamicTest> files() {
    Map<String, String> exceptions = exceptions();
    return ConformanceCases.FILES.entrySet().stream()
        .map(
            f ->
                DynamicTest.dynamicTest(
                    f.getKey(),
                    () -> {
                      String text = Files.readString(Shared.conformance(f.getKey()));
                      List<String> wrong = new ArrayList<>();
                      for (Outcome o : ConformanceCases.run(text, f.getValue())) {
                        boolean excepted = exceptions.containsKey(o.id());
                        if (excepted == o.difference().isEmpty()) {
                          wrong.add(
                              o.id()
                                  + ": "
                                  + (excepted ? "passes, but is listed" : o.difference()));
                        }
                      }
                      assertThat(wrong).isEmpty();
                    }));
  }
}
