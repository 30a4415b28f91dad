package dev.tethys.app.server;

import dev.tethys.api.prometheus.Notifications;
import dev.tethys.runtime.cli.FlagSet;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reloads the configuration on request and when its files change; notifications report failures.
 */
final class Reloads implements AutoCloseable {
  private final Configuration configuration;
  private final Notifications notifications;
  private @Nullable Thread watcher;

  Reloads(Configuration configuration, Notifications notifications) {
    this.configuration = configuration;
    this.notifications = notifications;
  }

  /** Starts to watch the files for changes if {@code config.auto-reload} is set. */
  void watch(FlagSet flags) {
    if (!flags.bool("config.auto-reload")) {
      return;
    }
    Duration interval = Duration.ofMillis(flags.millis("config.auto-reload-interval"));
    watcher =
        Thread.ofVirtual()
            .name("configuration")
            .start(
                () -> {
                  try {
                    while (true) {
                      Thread.sleep(interval);
                      configuration.reloadIfChanged();
                      notice();
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
  }

  /** Reloads the configuration; a failure shows in the log, metrics and notifications. */
  void now() {
    try {
      answered();
    } catch (IOException e) {
      // Said already.
    }
  }

  /**
   * Reloads for a caller that waits for the response.
   *
   * @throws IOException if it failed
   */
  void answered() throws IOException {
    try {
      configuration.reload();
    } finally {
      notice();
    }
  }

  private void notice() {
    if (configuration.succeeded()) {
      notifications.remove(Notifications.CONFIGURATION_FAILED);
    } else {
      notifications.add(Notifications.CONFIGURATION_FAILED);
    }
  }

  @Override
  public void close() {
    Thread w = watcher;
    if (w != null) {
      w.interrupt();
    }
  }
}
