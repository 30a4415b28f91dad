package dev.tethys.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** {@code tethys logs} in the place of clymene-promtail, in a process of its own. */
public final class ClymeneLogAgent {
  private ClymeneLogAgent() {}

  /**
   * Starts one, whose lines get the label dc="here".
   *
   * @param log where it writes what it says
   * @param variables of its environment, which say where lines go
   */
  public static Process start(Path config, Path log, Map<String, String> variables)
      throws IOException {
    ProcessBuilder b =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tethys.app.Main",
                "logs",
                "--config.file=" + config,
                "--clymene-promtail.external-labels=dc=here")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    b.environment().putAll(variables);
    return b.start();
  }
}
