package dev.tethys.model.regex;

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

/** What the first expressions after a start cost. */
class RegexStartTest {
  /** The bootstrap method that makes a class for each switch over types; no start-up cache does. */
  private static final String SWITCH_OVER_TYPES = "typeSwitch";

  @Test
  void makesNoClassesWhileItRuns() throws IOException, URISyntaxException {
    List<String> found = new ArrayList<>();
    Path classes =
        Path.of(Regex.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve("dev/tethys/model/regex");
    try (Stream<Path> s = Files.list(classes)) {
      for (Path p : s.filter(f -> f.toString().endsWith(".class")).toList()) {
        String content = new String(Files.readAllBytes(p), StandardCharsets.ISO_8859_1);
        if (content.contains(SWITCH_OVER_TYPES)) {
          found.add(p.getFileName().toString());
        }
      }
    }
    assertThat(found).isEmpty();
  }
}
