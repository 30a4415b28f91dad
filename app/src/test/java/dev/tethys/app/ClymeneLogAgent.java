package dev.tethys.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** {@code tethys logs} instead of clymene-promtail, in its own process. */
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
                TethysProcess.small(
                    "logs",
                    "--config.file=" + config,
                    "--clymene-promtail.external-labels=dc=here"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    b.environment().putAll(variables);
    return b.start();
  }
}
