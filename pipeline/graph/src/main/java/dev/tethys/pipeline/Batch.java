package dev.tethys.pipeline;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Telemetry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Telemetry of one signal on its way through a graph. Unchanged data stays in the received bytes
 * and is never decoded: an exporter for that encoding forwards them. Edited data is a tree from the
 * first processor that edits it to the first consumer that needs bytes.
 *
 * <p>{@link #body} is never modified. A caller that passes one batch to several consumers calls
 * {@link #share} first; each consumer that edits then has its own tree. The creator of a batch from
 * a tree must not keep the tree.
 */
public final class Batch {
  private final Signal signal;
  private final Encoding encoding;
  private final Content content;
  private final int items;
  private final int about;
  private final long lane;
  private final Metadata metadata;

  private Batch(
      Signal signal,
      Encoding encoding,
      Content content,
      int items,
      int about,
      long lane,
      Metadata metadata) {
    this.signal = signal;
    this.encoding = encoding;
    this.content = content;
    this.items = items;
    this.about = about;
    this.lane = lane;
    this.metadata = metadata;
  }

  /**
   * Creates a batch of bytes.
   *
   * @param body the message, owned by the batch
   * @param items number of items as counted by the encoding
   * @param lane batches of one lane keep their order on the way to every destination; 0 if order
   *     does not matter. A target, a connection or a partition is a lane.
   * @param metadata request headers sent by the client
   */
  public Batch(
      Signal signal, Encoding encoding, byte[] body, int items, long lane, Metadata metadata) {
    this(signal, encoding, new Content(signal, encoding, body), items, body.length, lane, metadata);
  }

  /** Creates a batch of bytes without metadata. */
  public Batch(Signal signal, Encoding encoding, byte[] body, int items, long lane) {
    this(signal, encoding, body, items, lane, Metadata.NONE);
  }

  /** Creates a batch from a tree without other owners. */
  public static Batch of(Signal signal, Telemetry<?> tree, long lane, Metadata metadata) {
    return new Batch(
        signal, Encoding.OTLP, new Content(signal, tree), tree.itemCount(), 0, lane, metadata);
  }

  /**
   * Creates a batch of series in the remote write encoding.
   *
   * @param families metadata of their source, kept by reference; null if the bytes contain all of
   *     it
   */
  public static Batch ofSeries(
      byte[] series, int items, @Nullable MetricFamilies families, long lane, Metadata metadata) {
    Content c =
        families == null
            ? new Content(Signal.METRICS, Encoding.REMOTE_WRITE, series)
            : new Content(series, families);
    return new Batch(
        Signal.METRICS, Encoding.REMOTE_WRITE, c, items, series.length, lane, metadata);
  }

  /**
   * Creates a batch of rows, which are metrics in the remote write encoding.
   *
   * @param families metadata of their source, kept by reference; null if none
   */
  public static Batch of(Rows rows, @Nullable MetricFamilies families, long lane) {
    return new Batch(
        Signal.METRICS,
        Encoding.REMOTE_WRITE,
        new Content(rows, families),
        rows.layout().size(),
        rows.length(),
        lane,
        Metadata.NONE);
  }

  /**
   * Creates a batch of profiles that were read for the profile store. For all other consumers it is
   * an OTLP message, encoded when first needed.
   *
   * @param profiles owned by the batch
   * @param otlp encodes the same profiles as an OTLP message
   * @param samples number of samples
   * @param about estimated length of the message
   */
  public static Batch ofProfiles(
      ProfileBatch profiles, Supplier<byte[]> otlp, int samples, int about, Metadata metadata) {
    return new Batch(
        Signal.PROFILES, Encoding.OTLP, new Content(profiles, otlp), samples, about, 0, metadata);
  }

  /** Returns a batch with another message of the same origin. */
  public Batch with(byte[] otherBody, int otherItems) {
    return new Batch(signal, encoding, otherBody, otherItems, lane, metadata);
  }

  /**
   * Returns a batch with other series of the same source, in remote write encoding, without its
   * metadata.
   */
  public Batch withSeries(byte[] series, int otherItems) {
    return ofSeries(series, otherItems, families(), lane, metadata);
  }

  /** Returns a batch with a tree of the same origin and without other owners. */
  public Batch with(Signal of, Telemetry<?> tree) {
    int n = tree.itemCount();
    int bytes = (int) Math.min(Integer.MAX_VALUE, (long) size() * n / Math.max(1, items));
    return new Batch(of, Encoding.OTLP, new Content(of, tree), n, bytes, lane, metadata);
  }

  /** Returns a batch with the same content in another lane and with other metadata. */
  public Batch with(long otherLane, Metadata otherMetadata) {
    return new Batch(signal, encoding, content, items, about, otherLane, otherMetadata);
  }

  /**
   * Merges batches of one signal and encoding, which must not be used afterwards: trees without
   * bytes stay trees, everything else is joined as bytes. Profiles become trees, because their
   * dictionary indexes differ.
   *
   * @param batches batches to merge; at least one
   */
  public static Batch join(List<Batch> batches, long lane, Metadata metadata) {
    Batch first = batches.getFirst();
    if (batches.size() == 1) {
      return first.with(lane, metadata);
    }
    int items = 0;
    int bytes = 0;
    boolean trees = true;
    for (Batch b : batches) {
      items += b.items;
      bytes += b.size();
      trees &= b.content.isTree();
    }
    trees |= first.signal == Signal.PROFILES;
    if (trees) {
      Content all = new Content(first.signal, joined(first.takeTree(), batches));
      return new Batch(first.signal, first.encoding, all, items, bytes, lane, metadata);
    }
    List<byte[]> bodies = new ArrayList<>(batches.size());
    bytes = 0;
    MetricFamilies families = first.families();
    boolean sameSource = families != null;
    for (Batch b : batches) {
      sameSource &= b.families() == families;
    }
    for (Batch b : batches) {
      byte[] body = sameSource ? b.series() : b.content.joinable();
      bodies.add(body);
      bytes = Math.addExact(bytes, body.length);
    }
    byte[] body = new byte[bytes];
    int at = 0;
    for (byte[] b : bodies) {
      System.arraycopy(b, 0, body, at, b.length);
      at += b.length;
    }
    Batch all =
        sameSource
            ? ofSeries(body, items, families, lane, metadata)
            : new Batch(first.signal, first.encoding, body, items, lane, metadata);
    all.content.deriveFrom(batches.stream().map(b -> b.content).toList());
    return all;
  }

  @SuppressWarnings("unchecked") // trees of one signal have one class
  private static <T extends Item<T>> Telemetry<T> joined(Telemetry<T> first, List<Batch> batches) {
    for (Batch b : batches.subList(1, batches.size())) {
      first.resources().addAll((List<ResourceGroup<T>>) (List<?>) b.takeTree().resources());
    }
    return first;
  }

  public Signal signal() {
    return signal;
  }

  /** Returns the encoding of {@link #body}. */
  public Encoding encoding() {
    return encoding;
  }

  /** Returns the message; must not be modified. */
  public byte[] body() {
    return content.body();
  }

  /**
   * Series in the encoding of remote write, without the metadata of {@link #families}; not to be
   * written into.
   */
  public byte[] series() {
    return content.series();
  }

  /**
   * Returns the metadata of the series' source that {@link #series} lacks, or null if it is
   * complete.
   */
  public @Nullable MetricFamilies families() {
    return content.families();
  }

  /** Whether all its series belong to one target, as do those of all batches in its lane. */
  public boolean isOfTarget() {
    return lane != 0 && families() != null;
  }

  /**
   * Converts series in the remote write encoding to OTLP metrics.
   *
   * @throws CodecException if the bytes are malformed
   */
  public SeriesToOtlp.Converted seriesAsOtlp() {
    return content.otlp();
  }

  /**
   * Rows from which the batch was created, for consumers that can use them instead of {@link
   * #body}; null if there are none.
   */
  public @Nullable Rows rows() {
    return content.rows();
  }

  /** Returns the number of items as counted by the encoding. */
  public int items() {
    return items;
  }

  public long lane() {
    return lane;
  }

  public Metadata metadata() {
    return metadata;
  }

  /**
   * Returns the length of {@link #body}. For a tree that is not encoded yet it is an estimate, or
   * else a share of the length of its source: for limits, not for offsets or counts.
   */
  public int size() {
    long n = content.length();
    n = n < 0 ? content.estimateMadeBefore() : n;
    return n < 0 ? about : (int) Math.min(Integer.MAX_VALUE, n);
  }

  /** Returns the length of {@link #body} if known without encoding, otherwise -1. */
  public int knownSize() {
    return content.length();
  }

  /**
   * Returns the exact length of {@link #body}; for series, without the metadata of their source.
   * Encodes a tree for that, and keeps both; -1 while the tree was taken.
   */
  public int measure() {
    return content.measure();
  }

  /**
   * Returns the size for volume counts, independent of other batches: the length of {@link #body};
   * for series, without the metadata of their source. A tree that is not encoded yet is estimated
   * from some of its items.
   */
  public long estimatedSize() {
    long n = content.bytes();
    n = n < 0 ? content.estimate() : n;
    return n < 0 ? about : n;
  }

  /**
   * Returns the exact size: a tree is encoded for it, and both are kept. It is an estimate only for
   * profiles without an OTLP message.
   */
  public long exactSize() {
    content.encodeTree();
    return estimatedSize();
  }

  /** Whether {@link #estimatedSize} is exact. */
  public boolean isSizeExact() {
    return content.isSizeExact();
  }

  /**
   * Computation over the content of a batch in its current form. Called under the lock of the
   * content, which it must not modify.
   *
   * @param <T> immutable result
   */
  public interface Derivation<T> {
    /** Reads a request of OTLP. */
    T ofBody(Signal signal, byte[] body);

    /**
     * Reads a tree.
     *
     * @param sizes sizes in bytes of its resource groups, estimated from some of their items
     */
    T ofTree(Telemetry<?> tree, long[] sizes);

    /** Reads series in the encoding of remote write. */
    T ofSeries(byte[] series);

    /** Reads rows. */
    T ofRows(Rows rows);

    /**
     * Returns the result for merged content from the results of its parts in order. Null if the
     * content must be read.
     */
    default @Nullable T ofParts(List<T> parts) {
      return null;
    }
  }

  /**
   * Returns the result of a computation, which runs at most once per content and latest derivation;
   * null while the tree is taken.
   */
  public <T> @Nullable T derived(Derivation<T> by) {
    return content.derived(by);
  }

  /** Marks the batch as shared: each consumer that edits it then has its own tree. */
  public void share() {
    content.share();
  }

  /**
   * Returns the tree, which then belongs to the caller; series of remote write become OTLP metrics.
   * A component that does not change it returns it with {@link #keepTree} and may forward this
   * batch; otherwise it forwards a batch {@linkplain #with(Signal, Telemetry) of the tree} instead.
   *
   * @throws CodecException if the bytes are malformed
   */
  public Telemetry<?> takeTree() {
    return content.take();
  }

  /**
   * Profiles of {@link #ofProfiles}, which belong to the caller; null for other batches and if they
   * were taken before.
   */
  public @Nullable ProfileBatch takeProfiles() {
    return content.takeProfiles();
  }

  /** Returns an unchanged tree that was taken here, for the next reader. */
  public void keepTree(Telemetry<?> unchanged) {
    content.keep(unchanged);
  }

  @Override
  public String toString() {
    return signal + " of " + items + " items, " + size() + " bytes";
  }
}
