package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server whose blocks could not be compressed says so at its start, not when it writes the first.
 */
@Tag("slow")
class NoTemporaryFolderTest {
  @TempDir Path folder;

  @Test
  void serverThatCannotUnpackItsLibraryDoesNotStart() {
    Path none = folder.resolve("none");
    int port = Ports.free();
    TethysProcess server =
        TethysProcess.launch(
            folder,
            port,
            List.of("-Djava.io.tmpdir=" + none),
            List.of(
                "server",
                "--config.file=/dev/null",
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port));
    try (server) {
      assertThat(server.exitCode()).as(server.log()).isEqualTo(1);
      assertThat(server.log())
          .contains("cannot open the metrics database", none.toString(), "TETHYS_JAVA_OPTS")
          .doesNotContain("\tat ");
    }
  }
}
