package dev.tethys.pipeline;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.FamilyPrefix;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.telemetry.Telemetry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Content of a batch in one or more forms: encoded bytes, message tree, rows. Bytes are decoded to
 * a tree when a processor edits the batch; a tree and rows are encoded when a consumer needs bytes,
 * each at most once. A tree encoded only to be measured is kept next to its bytes, because the next
 * consumer may need either.
 *
 * <p>Invariants: bytes never change; a tree has one owner. Taking the tree removes it from this
 * object, so changes by its owner are visible to no other consumer. After {@linkplain #share
 * sharing}, each consumer gets its own tree. Thread-safe.
 */
final class Content {
  /** Maximum number of writers kept for reuse with their buffers. */
  static final int MAX_WRITERS = 64;

  private static final OtlpReader READER = new OtlpReader();
  private static final ArrayBlockingQueue<OtlpWriter> WRITERS =
      new ArrayBlockingQueue<>(MAX_WRITERS);

  private final Signal signal;
  private final Encoding encoding;

  @GuardedBy("this")
  private byte @Nullable [] body;

  @GuardedBy("this")
  private @Nullable Telemetry<?> tree;

  @GuardedBy("this")
  private boolean shared;

  private final @Nullable Rows rows;
  private final @Nullable MetricFamilies families;

  @GuardedBy("this")
  private byte @Nullable [] series; // body without the metadata of families

  @GuardedBy("this")
  private @Nullable ProfileBatch profiles;

  @GuardedBy("this")
  private @Nullable Supplier<byte[]> otlp; // encodes profiles without a body

  @GuardedBy("this")
  private Batch.@Nullable Derivation<?> derivedBy;

  @GuardedBy("this")
  private @Nullable Object derived;

  @GuardedBy("this")
  private long @Nullable [] sizes; // of the groups of a tree, when it had no body

  Content(Signal signal, Encoding encoding, byte[] body) {
    this.signal = signal;
    this.encoding = encoding;
    this.body = body;
    this.rows = null;
    this.families = null;
  }

  /** Series of remote write, with the metadata of their source. */
  Content(byte[] series, MetricFamilies families) {
    this.signal = Signal.METRICS;
    this.encoding = Encoding.REMOTE_WRITE;
    this.rows = null;
    this.families = families;
    this.series = series;
  }

  Content(Rows rows, @Nullable MetricFamilies families) {
    this.signal = Signal.METRICS;
    this.encoding = Encoding.REMOTE_WRITE;
    this.rows = rows;
    this.families = families;
  }

  Content(Signal signal, Telemetry<?> tree) {
    this.signal = signal;
    this.encoding = Encoding.OTLP;
    this.tree = tree;
    this.rows = null;
    this.families = null;
  }

  /**
   * Creates content from profiles.
   *
   * @param otlp writes the same profiles as a message of OTLP
   */
  Content(ProfileBatch profiles, Supplier<byte[]> otlp) {
    this.signal = Signal.PROFILES;
    this.encoding = Encoding.OTLP;
    this.rows = null;
    this.families = null;
    this.profiles = profiles;
    this.otlp = otlp;
  }

  @Nullable Rows rows() {
    return rows;
  }

  /** Returns the metadata of the series' source, which {@link #series} lacks, or null if none. */
  @Nullable MetricFamilies families() {
    return families;
  }

  /** Returns the message; a tree is encoded and released. */
  synchronized byte[] body() {
    byte[] b = body;
    if (b == null) {
      if (otlp != null) {
        b = otlp.get();
        otlp = null;
      } else {
        b = encoding == Encoding.REMOTE_WRITE ? series() : written();
      }
      if (families != null) {
        b = FamilyPrefix.add(b, families, false);
      }
      body = b;
    }
    tree = null;
    return b;
  }

  /** Series of remote write without the metadata of {@link #families}. */
  synchronized byte[] series() {
    if (families == null && rows == null) {
      return body();
    }
    byte[] b = series;
    if (b == null) {
      b = rows == null ? body() : rows.write();
      series = b;
    }
    return b;
  }

  /** Returns the length of the message if it is in memory as bytes, otherwise -1. */
  synchronized int length() {
    return body == null ? -1 : body.length;
  }

  /**
   * Returns the length of the message, which is encoded for that and kept in addition to its tree;
   * -1 while its tree is taken.
   */
  synchronized int measure() {
    if (body != null) {
      return body.length;
    }
    if (rows != null) {
      return rows.length();
    }
    if (otlp != null) {
      return body().length;
    }
    if (series != null) {
      return series.length;
    }
    if (tree == null) {
      return -1;
    }
    byte[] b = written();
    body = b;
    return b.length;
  }

  @GuardedBy("this")
  private byte[] written() {
    byte[] b = write(held());
    derivedBy = null; // results derived from the tree have estimated sizes
    derived = null;
    return b;
  }

  /** Encodes a tree, unless it is elsewhere, and keeps both. */
  synchronized void encodeTree() {
    if (tree != null) {
      measure();
    }
  }

  /**
   * Returns the estimated length of a tree without bytes; -1 while it is taken and not estimated.
   */
  synchronized long estimate() {
    long[] s = sizes();
    return s == null ? -1 : Arrays.stream(s).sum();
  }

  /** Returns the estimated length if it was estimated before, otherwise -1. */
  synchronized long estimateMadeBefore() {
    return sizes == null ? -1 : Arrays.stream(sizes).sum();
  }

  @GuardedBy("this")
  private long @Nullable [] sizes() {
    if (tree != null && (sizes == null || sizes.length != tree.resources().size())) {
      OtlpWriter w = writer();
      sizes = w.sizes(tree);
      WRITERS.offer(w);
    }
    return sizes;
  }

  /** Whether the size of the message is exact without writing it. */
  synchronized boolean isSizeExact() {
    return body != null || encoding == Encoding.REMOTE_WRITE;
  }

  /**
   * Returns the message size in bytes for volume counts. For series it excludes source metadata,
   * which not every consumer accepts; -1 if unknown.
   */
  synchronized long bytes() {
    return series != null
        ? series.length
        : rows != null ? rows.length() : body != null ? body.length : -1;
  }

  /** Returns the result of a computation, run once per derivation; null while the tree is taken. */
  @SuppressWarnings("unchecked") // the derivation made it
  synchronized <T> @Nullable T derived(Batch.Derivation<T> by) {
    if (derivedBy != by) {
      T made;
      if (rows != null) {
        made = by.ofRows(rows);
      } else if (encoding == Encoding.REMOTE_WRITE) {
        made = by.ofSeries(series != null ? series : body());
      } else if (body != null) {
        made = by.ofBody(signal, body);
      } else if (tree != null) {
        made = by.ofTree(tree, requireNonNull(sizes()));
      } else {
        return null;
      }
      derivedBy = by;
      derived = made;
    }
    return (T) derived;
  }

  /** A reading and its result. */
  private record Derived<T>(Batch.Derivation<T> by, T result) {}

  @SuppressWarnings("unchecked") // the derivation made it
  private synchronized @Nullable Derived<Object> derived() {
    return derivedBy == null || derived == null
        ? null
        : new Derived<>((Batch.Derivation<Object>) derivedBy, derived);
  }

  /** Combines the results of the parts, if all have one. */
  void deriveFrom(List<Content> parts) {
    List<Object> results = new ArrayList<>(parts.size());
    Batch.Derivation<Object> by = null;
    for (Content c : parts) {
      Derived<Object> d = c.derived();
      if (d == null || by != null && d.by() != by) {
        return;
      }
      by = d.by();
      results.add(d.result());
    }
    Object all = by == null ? null : by.ofParts(results);
    if (all != null) {
      synchronized (this) {
        derivedBy = by;
        derived = all;
      }
    }
  }

  /** Marks the content as shared. */
  synchronized void share() {
    shared = true;
  }

  /**
   * Returns a tree that then belongs to the caller.
   *
   * @throws dev.tethys.codec.CodecException if the bytes are malformed
   */
  synchronized Telemetry<?> take() {
    if (tree == null) {
      return encoding == Encoding.REMOTE_WRITE ? otlp().metrics() : read(body());
    }
    Telemetry<?> t = tree;
    if (shared) {
      return t.copy();
    }
    tree = null;
    return t;
  }

  /** Returns the profiles as read to the first caller, and null to later ones. */
  synchronized @Nullable ProfileBatch takeProfiles() {
    ProfileBatch p = profiles;
    profiles = null;
    return p;
  }

  /** Returns an unchanged tree. */
  synchronized void keep(Telemetry<?> unchanged) {
    if (!shared) {
      tree = unchanged;
    }
  }

  /** Whether it is an unshared tree, with or without bytes. */
  synchronized boolean isTree() {
    return encoding == Encoding.OTLP && (body == null || tree != null) && otlp == null && !shared;
  }

  @GuardedBy("this")
  private Telemetry<?> held() {
    if (tree == null) {
      throw new IllegalStateException("the tree of this batch was taken, and it has no bytes");
    }
    return tree;
  }

  /**
   * Returns the message as part of another one: remote write series follow the metadata that
   * applies to them, regardless of the source of those before.
   */
  synchronized byte[] joinable() {
    return families == null ? body() : FamilyPrefix.add(series(), families, true);
  }

  /** Series of remote write as metrics of OTLP. */
  SeriesToOtlp.Converted otlp() {
    byte[] b = series();
    return SeriesToOtlp.convert(b, 0, b.length, families);
  }

  private Telemetry<?> read(byte[] b) {
    return READER.read(signal.otlp(), b, 0, b.length);
  }

  private static OtlpWriter writer() {
    OtlpWriter w = WRITERS.poll();
    return w == null ? new OtlpWriter() : w;
  }

  private static byte[] write(Telemetry<?> data) {
    OtlpWriter w = writer();
    byte[] body = w.write(data);
    WRITERS.offer(w);
    return body;
  }
}
