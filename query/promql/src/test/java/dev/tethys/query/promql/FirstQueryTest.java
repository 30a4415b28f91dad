package dev.tethys.query.promql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the first queries after a start cost. */
class FirstQueryTest {
  /** The bootstrap method that makes a class for each switch over types; no start-up cache does. */
  private static final String SWITCH_OVER_TYPES = "typeSwitch";

  /** Forms of queries that are asked for by themselves, not passed by each query. */
  private static final List<String> SELDOM =
      List.of("AstJson.class", "PrettyPrinter.class", "Explainer.class");

  @Test
  void makesNoClassesWhileItRuns() throws IOException, URISyntaxException {
    List<String> found = new ArrayList<>();
    Path classes =
        Path.of(PromqlEngine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> s = Files.walk(classes)) {
      for (Path p : s.filter(f -> f.toString().endsWith(".class")).toList()) {
        String content = new String(Files.readAllBytes(p), StandardCharsets.ISO_8859_1);
        if (content.contains(SWITCH_OVER_TYPES) && !SELDOM.contains(p.getFileName().toString())) {
          found.add(p.getFileName().toString());
        }
      }
    }
    assertThat(found).isEmpty();
  }
}
