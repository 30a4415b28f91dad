package dev.tethys.pipeline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.HttpListenerOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ServedExtensionTest {
  private static final HttpServerSettings ANYWHERE = HttpServerSettings.at("127.0.0.1:0");

  private static final class Page extends ServedExtension {
    Page() {
      super(ANYWHERE, null, Scheduler.system());
    }

    HttpListenerOptions options() {
      return endpoint().options();
    }
  }

  /** A client of a page loses nothing; data sent to a receiver must be settled. */
  @Test
  void pagesDelayTheStopOnlyBriefly() {
    assertThat(new Page().options().stopGrace()).isEqualTo(Duration.ofSeconds(1));
    HttpServerEndpoint receiver =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), ANYWHERE, null);
    assertThat(receiver.options()).isEqualTo(HttpListenerOptions.on("127.0.0.1:0"));
  }
}
