package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class EmbeddedControlTest {
  @TempDir Path folder;

  private static FlagSet flags(String... args) {
    return ServerFlags.set().parse(List.of(args));
  }

  @Test
  void controlPlaneRunsInsideTheServer() throws Exception {
    assertThat(EmbeddedControl.start(flags())).isNull();
    FlagSet flags =
        flags("--control.listen-address=127.0.0.1:0", "--control.data=" + folder.resolve("c"));
    try (EmbeddedControl c = Objects.requireNonNull(EmbeddedControl.start(flags));
        HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> r =
          http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + c.port() + "/api/v1/control/agents"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(r.statusCode()).isEqualTo(200);
      c.reload();
    }
    assertThatThrownBy(() -> EmbeddedControl.start(flags("--control.listen-address=0.0.0.0:0")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--control.token-file");
  }
}
