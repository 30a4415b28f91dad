package dev.tethys.collect.scrape;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Latest metadata of a target's metric families. Written by its scrape loop, read by the API;
 * guarded by {@code this}. Lines equal to last time's are recognised by hash and make no object.
 * Families that vanish are kept for ten scrapes more.
 */
final class MetadataCache implements FamilyMemory {
  private static final int KEEP_SCRAPES = 10;

  /** A family of a target. */
  static final class Entry {
    private final String family;
    private MetricType type = MetricType.UNKNOWN;
    private String help = "";
    private String unit = "";
    private long helpHash;
    private long unitHash;
    private long seen;

    Entry(String family) {
      this.family = family;
    }

    String family() {
      return family;
    }

    MetricMetadata metadata() {
      return new MetricMetadata(type, help, unit);
    }
  }

  @GuardedBy("this")
  private long[] hashes = new long[4]; // open addressing, at most half full

  @GuardedBy("this")
  private @Nullable Entry[] entries = new @Nullable Entry[4];

  @GuardedBy("this")
  private int size;

  @GuardedBy("this")
  private long scrape;

  private final PageFamilies page = new PageFamilies();

  @Override
  public PageFamilies page() {
    return page;
  }

  @Override
  public boolean isPageOnly() {
    return false;
  }

  @GuardedBy("this")
  private int slot(long hash) {
    int mask = hashes.length - 1;
    int i = (int) (hash ^ hash >>> 32) & mask;
    while (entries[i] != null && hashes[i] != hash) {
      i = (i + 1) & mask;
    }
    return i;
  }

  @GuardedBy("this")
  private Entry add(long hash, Entry e) {
    if (size * 2 >= hashes.length) {
      rebuild(hashes.length * 2, Long.MIN_VALUE);
    }
    int i = slot(hash);
    hashes[i] = hash;
    entries[i] = e;
    size++;
    return e;
  }

  @GuardedBy("this")
  private void rebuild(int capacity, long seenSince) {
    long[] oldHashes = hashes;
    @Nullable Entry[] old = entries;
    hashes = new long[capacity];
    entries = new @Nullable Entry[capacity];
    size = 0;
    for (int i = 0; i < old.length; i++) {
      Entry e = old[i];
      if (e != null && e.seen >= seenSince) {
        add(oldHashes[i], e);
      }
    }
  }

  /** Receives a TYPE, HELP or UNIT; returns the family if it changed, otherwise null. */
  @Override
  public synchronized @Nullable Entry update(Event kind, ExpositionParser p) {
    byte[] buf = p.buffer();
    long key = Labels.hash64(buf, p.keyOffset(), p.keyLength());
    Entry e = entries[slot(key)];
    boolean isNew = e == null;
    if (e == null) {
      e = add(key, new Entry(p.metricName()));
    }
    e.seen = scrape;
    if (kind == Event.TYPE) {
      boolean changed = isNew || e.type != p.type();
      e.type = p.type();
      return changed ? e : null;
    }
    long hash = Labels.hash64(buf, p.textOffset(), p.textLength());
    if (kind == Event.HELP) {
      if (!isNew && hash == e.helpHash) {
        return null;
      }
      e.help = p.text();
      e.helpHash = hash;
    } else {
      if (!isNew && hash == e.unitHash) {
        return null;
      }
      e.unit = p.text();
      e.unitHash = hash;
    }
    return e;
  }

  /** Ends a scrape; a successful one expires families that have long been absent. */
  @Override
  public synchronized void scraped(boolean good) {
    if (good) {
      for (Entry e : entries) {
        if (e != null && scrape - e.seen > KEEP_SCRAPES) {
          rebuild(hashes.length, scrape - KEEP_SCRAPES);
          break;
        }
      }
    }
    scrape++;
  }

  @Override
  public synchronized List<FamilyMetadata> list() {
    List<FamilyMetadata> out = new ArrayList<>(size);
    for (Entry e : entries) {
      if (e != null) {
        out.add(new FamilyMetadata(e.family, e.metadata()));
      }
    }
    return out;
  }

  @Override
  public synchronized @Nullable MetricMetadata get(String family) {
    for (Entry e : entries) {
      if (e != null && e.family.equals(family)) {
        return e.metadata();
      }
    }
    return null;
  }

  @Override
  public synchronized int size() {
    return size;
  }

  /** Length of help, unit and type texts, as Prometheus counts its cache. */
  @Override
  public synchronized long bytes() {
    long n = 0;
    for (Entry e : entries) {
      if (e != null) {
        n += e.help.length() + e.unit.length() + e.type.text().length();
      }
    }
    return n;
  }
}
