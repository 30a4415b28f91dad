package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server whose blocks could not be compressed says so at its start, not when it writes the first.
 */
class NoTemporaryFolderTest {
  @TempDir Path folder;

  @Test
  void aServerThatCannotUnpackItsLibraryDoesNotStart() throws Exception {
    Path none = folder.resolve("none");
    List<String> command =
        TethysProcess.small(
            "server",
            "--config.file=/dev/null",
            "--storage.tsdb.path=" + folder.resolve("data"),
            "--web.listen-address=127.0.0.1:0");
    command.add(1, "-Djava.io.tmpdir=" + none);
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String told = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(p.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(p.exitValue()).as(told).isEqualTo(1);
      assertThat(told)
          .contains("cannot open the metrics database", none.toString(), "TETHYS_JAVA_OPTS")
          .doesNotContain("\tat ");
    } finally {
      p.destroyForcibly();
    }
  }
}
