package dev.tethys.alert.manager.state;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Notes on alerts, and acknowledgements, which are notes that end repeated notifications. Each is
 * on disk before it is acknowledged, and shared in a cluster.
 *
 * <p>Payload: {@code {"id", "labels": {}, "author", "text", "at", "acknowledges", "until",
 * "updatedAt", "withdrawn"}}, {@code until} absent for none.
 */
public final class AlertNotes implements Closeable {
  /** The file in the storage folder. */
  public static final String FILE = "notes.log";

  /** Maximum number of notes. */
  public static final int MAX_NOTES = 100_000;

  /** Maximum length of a note's text. */
  public static final int MAX_TEXT = 10_000;

  private final InstantSource clock;
  private final Duration retention;
  private final Map<LabelSet, Map<String, AlertNote>> byAlert = new ConcurrentHashMap<>();
  private final SharedRecords<AlertNote> records;

  /**
   * Opens them in a folder.
   *
   * @param retention how long a note is kept after the last arrival of its alert
   * @throws IOException if they cannot be read or made
   */
  public AlertNotes(Path folder, Duration retention, InstantSource clock) throws IOException {
    this.clock = clock;
    this.retention = retention;
    this.records = new SharedRecords<>(folder.resolve(FILE), MAX_NOTES, FORMAT, this::index);
  }

  private static final SharedRecords.Format<AlertNote> FORMAT =
      new SharedRecords.Format<>() {
        @Override
        public byte[] encode(AlertNote n) {
          return StateJson.object(
              g -> {
                g.writeStringProperty("id", n.id());
                StateJson.strings(g, "labels", n.labels().map());
                g.writeStringProperty("author", n.author());
                g.writeStringProperty("text", n.text());
                g.writeStringProperty("at", n.at().toString());
                g.writeBooleanProperty("acknowledges", n.acknowledges());
                Instant until = n.until();
                if (until != null) {
                  g.writeStringProperty("until", until.toString());
                }
                g.writeStringProperty("updatedAt", n.updatedAt().toString());
                g.writeBooleanProperty("withdrawn", n.withdrawn());
              });
        }

        @Override
        public AlertNote decode(byte[] payload) {
          JsonNode n = StateJson.tree(payload);
          return new AlertNote(
              n.required("id").asString(),
              LabelSet.of(StateJson.strings(n.required("labels"))),
              n.required("author").asString(),
              n.required("text").asString(),
              StateJson.time(n, "at"),
              n.required("acknowledges").asBoolean(),
              n.has("until") ? StateJson.time(n, "until") : null,
              StateJson.time(n, "updatedAt"),
              n.required("withdrawn").asBoolean());
        }
      };

  private void index(AlertNote n) {
    byAlert.compute(
        n.labels(),
        (k, before) -> {
          Map<String, AlertNote> all =
              before == null ? new LinkedHashMap<>() : new LinkedHashMap<>(before);
          all.put(n.id(), n);
          return all;
        });
  }

  /** Returns the state shared with the cluster. */
  public SharedState shared() {
    return records;
  }

  /**
   * Writes a note.
   *
   * @throws IOException if it could not be written to disk
   * @throws SharedRecords.FullException if there is no space
   */
  public AlertNote add(
      LabelSet labels, String author, String text, boolean acknowledges, @Nullable Instant until)
      throws IOException, SharedRecords.FullException {
    Instant now = clock.instant();
    AlertNote n =
        new AlertNote(
            UUID.randomUUID().toString(),
            labels,
            author,
            text,
            now,
            acknowledges,
            until,
            now,
            false);
    records.put(n);
    return n;
  }

  /**
   * Withdraws a note.
   *
   * @return whether there was one of that id
   * @throws IOException if that could not be written to disk
   */
  public boolean withdraw(String id) throws IOException {
    synchronized (records) {
      AlertNote n = records.get(id);
      if (n == null || n.withdrawn()) {
        return false;
      }
      try {
        records.put(n.withdrawnAt(clock.instant()));
      } catch (SharedRecords.FullException e) {
        throw new IllegalStateException(e); // it replaces one
      }
      return true;
    }
  }

  /** Returns the notes on an alert, oldest first. */
  public List<AlertNote> of(LabelSet labels) {
    return byAlert.getOrDefault(labels, Map.of()).values().stream()
        .filter(n -> !n.withdrawn())
        .sorted(Comparator.comparing(AlertNote::at))
        .toList();
  }

  /** Returns all notes, oldest first. */
  public List<AlertNote> all() {
    List<AlertNote> out = new ArrayList<>(records.all());
    out.removeIf(AlertNote::withdrawn);
    out.sort(Comparator.comparing(AlertNote::at));
    return out;
  }

  /** Returns the current acknowledgement of an alert; null if there is none. */
  public @Nullable AlertNote acknowledgement(Alert alert) {
    Map<String, AlertNote> notes = byAlert.get(alert.labels());
    if (notes == null) {
      return null;
    }
    Instant now = clock.instant();
    AlertNote last = null;
    for (AlertNote n : notes.values()) {
      if (n.holds(alert.startsAt(), now) && (last == null || n.at().isAfter(last.at()))) {
        last = n;
      }
    }
    return last;
  }

  /**
   * Removes notes whose retention has passed and whose alert no longer arrives.
   *
   * @param there whether an alert is still received
   */
  public void collectGarbage(Predicate<LabelSet> there) {
    Instant horizon = clock.instant().minus(retention);
    records.removeIf(
        n -> {
          boolean old =
              n.updatedAt().isBefore(horizon) && (n.withdrawn() || !there.test(n.labels()));
          if (old) {
            byAlert.computeIfPresent(
                n.labels(),
                (k, before) -> {
                  Map<String, AlertNote> left = new LinkedHashMap<>(before);
                  left.remove(n.id());
                  return left.isEmpty() ? null : left;
                });
          }
          return old;
        });
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
