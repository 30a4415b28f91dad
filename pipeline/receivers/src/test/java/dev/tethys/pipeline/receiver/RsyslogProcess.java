package dev.tethys.pipeline.receiver;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Real rsyslog process that sends the lines of a file. Tests are skipped if rsyslog, or a required
 * module, is not installed.
 */
public final class RsyslogProcess implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/sbin/rsyslogd");
  private static final Path MODULES = Path.of("/usr/lib/x86_64-linux-gnu/rsyslog");

  private final Path dir;
  private final Process process;

  /**
   * Starts the process.
   *
   * @param lines input, with the tag {@code app}
   * @param module required by its action, or {@code ""}
   * @param actions in rsyslog's configuration format
   */
  public RsyslogProcess(Path dir, String lines, String module, String actions) throws IOException {
    this.dir = dir;
    assumeTrue(Files.isExecutable(PROGRAM), "rsyslogd is not installed");
    String load = "";
    if (!module.isEmpty()) {
      assumeTrue(
          Files.exists(MODULES.resolve(module + ".so")),
          "rsyslog's " + module + " is not installed");
      load = "module(load=\"" + module + "\")\n";
    }
    Files.writeString(dir.resolve("in.log"), lines);
    Path config =
        Files.writeString(
            dir.resolve("rsyslog.conf"),
            """
            global(workDirectory="DIR")
            module(load="imfile")
            input(type="imfile" file="DIR/in.log" tag="app:")
            """
                    .replace("DIR", dir.toString())
                + load
                + actions);
    process =
        new ProcessBuilder(
                PROGRAM.toString(),
                "-n",
                "-f",
                config.toString(),
                "-i",
                dir.resolve("pid").toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("rsyslog.log").toFile())
            .start();
  }

  /** Output of the process. */
  public String log() throws IOException {
    return Files.readString(dir.resolve("rsyslog.log"));
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor(10, TimeUnit.SECONDS);
    process.destroyForcibly();
  }
}
