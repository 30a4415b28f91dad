package dev.tethys.app.logs;

import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.destination.loki.LokiClients;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Where entries go behind all stages. For several threads. */
interface EntryDestination {
  /** Takes an entry over, and waits while too many are under way. */
  void accept(LogEntry entry);

  /** Sends what was gathered without waiting for more. */
  void flush();

  /** Those who wait for room do not any more: they are taken, up to a bound. */
  void makeRoom();

  /** Those who bring more than there is room for wait again. */
  void keepToSize();

  /** From now on nobody waits: what finds no room is not settled, its sources bring it again. */
  void hasten();

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
      public void makeRoom() {
        clients.makeRoom();
      }

      @Override
      public void keepToSize() {
        clients.keepToSize();
      }

      @Override
      public void hasten() {
        clients.hasten();
      }

      @Override
      public void close(Duration patience) {
        clients.close(patience);
      }
    };
  }

  /** Several, each of which gets every entry; it is settled when all have settled it. */
  static EntryDestination all(List<EntryDestination> several) {
    if (several.size() == 1) {
      return several.getFirst();
    }
    return new EntryDestination() {
      @Override
      public void accept(LogEntry entry) {
        LogEntry.Origin origin = entry.detach();
        LogEntry.Origin each = origin == null ? null : origin.shared(several.size());
        for (EntryDestination d : several) {
          LogEntry copy = new LogEntry(entry.labels(), entry.timestamp(), entry.line(), each);
          copy.setMetadata(entry.metadata());
          d.accept(copy);
        }
      }

      @Override
      public void flush() {
        several.forEach(EntryDestination::flush);
      }

      @Override
      public void makeRoom() {
        several.forEach(EntryDestination::makeRoom);
      }

      @Override
      public void keepToSize() {
        several.forEach(EntryDestination::keepToSize);
      }

      @Override
      public void hasten() {
        several.forEach(EntryDestination::hasten);
      }

      @Override
      public void close(Duration patience) {
        several.forEach(d -> d.close(patience));
      }
    };
  }

  /** One that is closed by somebody else. */
  static EntryDestination kept(EntryDestination d) {
    return new EntryDestination() {
      @Override
      public void accept(LogEntry entry) {
        d.accept(entry);
      }

      @Override
      public void flush() {
        d.flush();
      }

      @Override
      public void makeRoom() {
        d.makeRoom();
      }

      @Override
      public void keepToSize() {
        d.keepToSize();
      }

      @Override
      public void hasten() {
        d.hasten();
      }

      @Override
      public void close(Duration patience) {
        d.flush();
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
      public void makeRoom() {}

      @Override
      public void keepToSize() {}

      @Override
      public void hasten() {}

      @Override
      public void close(Duration patience) {}
    };
  }
}
