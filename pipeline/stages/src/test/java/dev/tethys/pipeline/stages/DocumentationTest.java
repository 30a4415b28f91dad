package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Runs every example of docs/log-stages.md. */
class DocumentationTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("(?m)^### (.*)$|```yaml\\n((?s:.*?))```\\n```text\\n((?s:.*?))```");
  private static final Pattern ENTRY =
      Pattern.compile("([<>]) (?:(\\d{4}-\\S+) )?(\\{.*?\\})(?: \\+(\\{.*?\\}))? ?(.*)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  @TestFactory
  Stream<DynamicTest> examples() throws IOException {
    Path page = Path.of(System.getProperty("tethys.root", "../..")).resolve("docs/log-stages.md");
    assertThat(page).exists();
    List<DynamicTest> out = new ArrayList<>();
    Matcher m = EXAMPLE.matcher(Files.readString(page));
    String title = "";
    while (m.find()) {
      if (m.group(1) != null) {
        title = m.group(1);
        continue;
      }
      String yaml = m.group(2);
      String text = m.group(3);
      out.add(DynamicTest.dynamicTest(title, () -> run(yaml, text)));
    }
    assertThat(out).hasSizeGreaterThan(17);
    return out.stream();
  }

  private static Labels labels(String text) {
    Matcher m = LABEL.matcher(text);
    List<String> pairs = new ArrayList<>();
    while (m.find()) {
      pairs.add(m.group(1));
      pairs.add(m.group(2));
    }
    return Labels.of(pairs.toArray(String[]::new));
  }

  private static void run(String yaml, String text) {
    Rig rig = new Rig(yaml);
    List<String> expected = new ArrayList<>();
    List<Boolean> timed = new ArrayList<>();
    for (String l : text.lines().toList()) {
      Matcher m = ENTRY.matcher(l);
      assertThat(m.matches()).as(l).isTrue();
      String line = m.group(5).replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\");
      if (m.group(1).equals(">")) {
        rig.stages.run(new LogEntry(labels(m.group(3)), rig.clock.now, line), rig.out::add);
      } else {
        timed.add(m.group(2) != null);
        String metadata = m.group(4) == null ? "{}" : m.group(4);
        expected.add(
            (m.group(2) == null ? "" : Instant.parse(m.group(2)) + " ")
                + labels(m.group(3))
                + labels(metadata)
                + line);
      }
    }
    rig.stages.drain(rig.out::add);
    List<String> came = new ArrayList<>();
    for (int i = 0; i < rig.out.size(); i++) {
      LogEntry e = rig.out.get(i);
      boolean time = i < timed.size() && timed.get(i);
      came.add(
          (time ? Instant.ofEpochSecond(0, e.timestamp()) + " " : "")
              + e.labels()
              + e.metadata()
              + e.line());
    }
    assertThat(came).isEqualTo(expected);
  }
}
