package dev.tethys.app.logs;

import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.destination.loki.LokiClients;
import java.time.Duration;
import java.util.function.Consumer;

/** Where entries go behind all stages. For several threads. */
interface EntryDestination {
  /** Takes an entry over, and waits while too many are under way. */
  void accept(LogEntry entry);

  /** Sends what was gathered without waiting for more. */
  void flush();

  /** Sends what it can within the time, and ends. */
  void close(Duration patience);

  /** The clients of a configuration. */
  static EntryDestination of(LokiClients clients) {
    return new EntryDestination() {
      @Override
      public void accept(LogEntry entry) {
        clients.accept(entry);
      }

      @Override
      public void flush() {
        clients.flush();
      }

      @Override
      public void close(Duration patience) {
        clients.close(patience);
      }
    };
  }

  /** One that has done with an entry when it was taken. */
  static EntryDestination at(Consumer<LogEntry> to) {
    return new EntryDestination() {
      @Override
      public void accept(LogEntry entry) {
        to.accept(entry);
      }

      @Override
      public void flush() {}

      @Override
      public void close(Duration patience) {}
    };
  }
}
