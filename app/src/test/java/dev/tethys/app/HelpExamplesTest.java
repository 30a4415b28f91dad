package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.ControlServer;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.web.HttpListenerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Examples in the help and the documentation of live controls are accepted as they stand. */
@Timeout(120)
@Tag("slow")
class HelpExamplesTest {
  /** Commands that start a control, with operands and flags that are valid. */
  private static final Map<String, List<String>> STARTS =
      new TreeMap<>(
          Map.of(
              "mute", List.of("--service=x"),
              "filter", List.of("log.severity_number < 9", "--signal=logs"),
              "sample", List.of("10%", "--service=x"),
              "limit", List.of("500", "--service=x"),
              "redact", List.of("--service=x"),
              "route", List.of("logs/archive", "--service=x", "--signal=logs"),
              "quota", List.of("50e9", "--service=x", "--signal=logs")));

  private static final Pattern FLAG = Pattern.compile("(?m)^  --(?:\\[no-])?([a-z-]+)(?:=.*)?$");
  private static final Pattern SUCH_AS =
      Pattern.compile("such as ([^\\s,;]+?)(?: or ([^\\s,;:]+?))?[.,;:]*(?:\\s|$)");
  private static final Pattern FOR = Pattern.compile("; ([0-9]\\S*) for ");
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)");

  @TempDir Path folder;
  private ControlServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        ControlServer.start(
            HttpListenerOptions.on("127.0.0.1:0"), folder, null, BuiltIn.components(), 10);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private String ok(List<String> words) {
    List<String> all = new ArrayList<>(List.of("control"));
    all.addAll(words);
    all.add("--url=http://127.0.0.1:" + server.port());
    ToolRun r = ToolRun.of(all);
    assertThat(r.status()).as(words + ": " + r.err()).isZero();
    return r.out();
  }

  /** Commands that need a reason, in addition to those that start a control. */
  private static final Set<String> CHANGES =
      Set.of(
          "push",
          "rollout",
          "pause",
          "resume",
          "cancel",
          "undo",
          "end",
          "package-add",
          "package-rollout");

  /** Runs a command that starts a control, which ends again. */
  private void starts(List<String> words) {
    List<String> all = new ArrayList<>(words);
    all.add("--await-agents");
    String id = ok(all).replaceFirst("(?s)control (\\S+) is active.*", "$1");
    ok(List.of("end", id, "--reason=test"));
  }

  private static List<String> examples(String text) {
    List<String> out = new ArrayList<>();
    for (Pattern p : List.of(SUCH_AS, FOR)) {
      Matcher m = p.matcher(text);
      while (m.find()) {
        for (int g = 1; g <= m.groupCount(); g++) {
          if (m.group(g) != null) {
            out.add(m.group(g));
          }
        }
      }
    }
    return out;
  }

  @Test
  void acceptsFlagsOfTheHelp() {
    int run = 0;
    for (Map.Entry<String, List<String>> e : STARTS.entrySet()) {
      String help = ToolRun.of(List.of("control", e.getKey(), "--help")).out();
      Matcher m = FLAG.matcher(help);
      int end = m.find() ? m.start() : help.length();
      boolean operand = help.lines().findFirst().orElse("").contains("<");
      for (String value : operand ? examples(help.substring(0, end)) : List.<String>of()) {
        List<String> words = new ArrayList<>(List.of(e.getKey(), value));
        words.addAll(e.getValue().subList(1, e.getValue().size()));
        words.add("--reason=test");
        starts(words);
        run++;
      }
      m.reset();
      while (m.find()) {
        int from = m.end();
        String flag = m.group(1);
        Matcher next = FLAG.matcher(help);
        int to = next.find(from) ? next.start() : help.length();
        for (String value : examples(help.substring(from, to).replaceAll("\\s+", " "))) {
          List<String> words = new ArrayList<>(List.of(e.getKey()));
          words.addAll(e.getValue());
          words.add("--" + flag + "=" + value);
          words.add("--reason=test");
          starts(words);
          run++;
        }
      }
    }
    assertThat(run).isGreaterThan(12);
  }

  /** Lines of the page on the control plane and of the pages below it. */
  private static List<String> documentation() throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(Path.of("../docs/control.md")));
    try (Stream<Path> pages = Files.list(Path.of("../docs/control"))) {
      for (Path page : pages.sorted().toList()) {
        lines.addAll(Files.readAllLines(page));
      }
    }
    return lines;
  }

  @Test
  void acceptsFlagsOfTheDocumentation() throws IOException {
    int run = 0;
    int changes = 0;
    for (String line : documentation()) {
      Matcher m = Pattern.compile("(?:^\\./tethys |`)tool control ([^`]*)`?").matcher(line);
      while (m.find()) {
        List<String> words = new ArrayList<>();
        Matcher w = WORD.matcher(m.group(1));
        while (w.find()) {
          words.add(w.group(1) != null ? w.group(1) : w.group(2) != null ? w.group(2) : w.group(3));
        }
        if (!words.isEmpty() && STARTS.containsKey(words.getFirst()) && words.size() > 1) {
          starts(words);
          run++;
        } else if (words.size() > 1 && CHANGES.contains(words.getFirst())) {
          assertThat(words.stream().anyMatch(s -> s.startsWith("--reason"))).as(line).isTrue();
          changes++;
        }
      }
    }
    assertThat(run).isGreaterThan(7);
    assertThat(changes).isGreaterThan(7);
  }
}
