package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Runs scenarios of {@code ui/e2e} in a real Chromium, against processes that a test starts. */
@Tag("slow")
abstract class BrowserScenarios {
  @TempDir Path dir;

  private static final Pattern LISTENING = Pattern.compile("Listening on 127\\.0\\.0\\.1:(\\d+)");

  static void assumeBrowser() {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/chromium")), "needs Chromium, which is not installed");
    Assumptions.assumeTrue(
        Files.isDirectory(Shared.root().resolve("ui/node_modules")),
        "needs the interface to be built (npm ci)");
  }

  /** Runs scenarios of {@code ui/e2e} and fails with what they say. */
  final void scenarios(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("npm", "run", "e2e", "--"));
    command.addAll(List.of(arguments));
    String shots = System.getProperty("tethys.screenshots");
    if (shots != null) {
      command.add("--screenshots=" + shots);
    }
    Path log = dir.resolve("browser.log");
    Process p =
        new ProcessBuilder(command)
            .directory(Shared.root().resolve("ui").toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(p.waitFor(12, TimeUnit.MINUTES)).as("browser scenarios end").isTrue();
    assertThat(p.exitValue()).as(Files.readString(log)).isZero();
  }

  /** URL of a control plane, which is added to the processes to end. */
  final String control(List<TethysProcess> all) throws IOException, InterruptedException {
    TethysProcess control =
        TethysProcess.launch(
            dir,
            0,
            List.of(
                "control", "--web.listen-address=127.0.0.1:0", "--data=" + dir.resolve("control")));
    all.add(control);
    control.await("a listener", Duration.ofSeconds(120), () -> !listening(control).isEmpty());
    return listening(control).getFirst();
  }

  /** Where a process says that it listens, in the order in which it began to. */
  static List<String> listening(TethysProcess p) {
    return LISTENING.matcher(p.log()).results().map(m -> "http://127.0.0.1:" + m.group(1)).toList();
  }
}
