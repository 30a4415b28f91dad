package dev.tethys.pipeline.operators;

import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A log record on its way through operators, with its resource and the name of its scope. Operators
 * modify it in place; it belongs to one operator at a time.
 *
 * <p>The last holder of an entry settles it, as with a {@link LogEntry}: it delivers it, or drops
 * it on purpose.
 */
public final class Entry {
  private LogRecord record;
  private Attributes resource;
  private String scope = "";
  private @Nullable List<LogEntry.Origin> origins;

  /**
   * Creates an entry.
   *
   * @param resource the entry's own
   * @param origin notified when the entry is settled; null if none
   */
  public Entry(LogRecord record, Attributes resource, LogEntry.@Nullable Origin origin) {
    this.record = record;
    this.resource = resource;
    if (origin != null) {
      origins = new ArrayList<>(1);
      origins.add(origin);
    }
  }

  public LogRecord record() {
    return record;
  }

  public Attributes resource() {
    return resource;
  }

  /** Returns the name of the scope; "" for none. */
  public String scope() {
    return scope;
  }

  public void setScope(String scope) {
    this.scope = scope;
  }

  /** Takes over the content of another entry, but not its acknowledgements. */
  void become(Entry other) {
    record = other.record;
    resource = other.resource;
    scope = other.scope;
  }

  /** Takes over the acknowledgements of another entry that was merged into this one. */
  void absorb(Entry other) {
    if (other.origins != null) {
      if (origins == null) {
        origins = other.origins;
      } else {
        origins.addAll(other.origins);
      }
      other.origins = null;
    }
  }

  /**
   * Returns copies of this entry; the source is notified when all are settled.
   *
   * @param ways number of copies, including this one
   */
  List<Entry> copies(int ways) {
    List<LogEntry.Origin> all = origins;
    LogEntry.Origin joined = null;
    if (all != null) {
      AtomicInteger remaining = new AtomicInteger(ways);
      joined =
          () -> {
            if (remaining.decrementAndGet() == 0) {
              all.forEach(LogEntry.Origin::settled);
            }
          };
      origins = new ArrayList<>(List.of(joined));
    }
    List<Entry> out = new ArrayList<>(ways);
    out.add(this);
    for (int i = 1; i < ways; i++) {
      Entry e = new Entry(record.copy(), resource.copy(), joined);
      e.scope = scope;
      out.add(e);
    }
    return out;
  }

  /** Detaches the acknowledgements, for the code that delivers the content. */
  public List<LogEntry.Origin> detach() {
    List<LogEntry.Origin> all = origins;
    origins = null;
    return all == null ? List.of() : all;
  }

  /** Notifies the sources that it need not be kept. */
  public void settle() {
    detach().forEach(LogEntry.Origin::settled);
  }

  /** Replaces all attributes by a map's entries. */
  static void replace(Attributes of, Attributes by) {
    Attributes copy = by.copy();
    of.clear();
    for (int i = 0; i < copy.size(); i++) {
      of.put(copy.key(i), copy.value(i));
    }
  }

  @Override
  public String toString() {
    return AnyValue.kind(record.body()) + " " + record.body() + " " + record.attributes();
  }
}
