package dev.tethys.store.events;

import dev.tethys.store.files.ByteSource;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Part of {@link EventEngine} that is specific to a signal (logs, spans, profiles).
 *
 * @param <H> head
 * @param <S> snapshot of a head
 * @param <P> open part
 */
public interface EventSignal<H extends EventHead<S>, S, P> {
  /** Creates an empty head. */
  H createHead(String tenant);

  /** Adds the rows of a write-ahead log frame, positioned after the tenant's name, to a head. */
  void replay(H head, ByteSource frame);

  /** Opens a part; cheap, called at the first use. */
  P open(PartFile file);

  /** Writes the rows of a head into parts. */
  void flush(H head, PartSink sink) throws IOException;

  /**
   * Writes the rows of parts of one tenant into new parts.
   *
   * @param deletions marks that apply, for each part
   */
  void merge(String tenant, List<P> parts, List<List<DeletionMark>> deletions, PartSink sink)
      throws IOException;

  /**
   * When the rows of a part expire by rules of the signal; merges leave expired rows out. {@link
   * EventEngine#retentionChanged} reports new rules.
   *
   * @param part opens the part where rules need it, gives null if it cannot be read
   * @param last time of its newest row
   * @return null if the engine's retention time applies
   */
  default @Nullable PartExpiry expiry(String tenant, Supplier<@Nullable P> part, long last) {
    return null;
  }

  /** Releases the memory of a head whose rows are in parts and that no view uses. */
  default void recycle(H head) {}

  /** Parts of a tenant expired and were removed. */
  default void expired(String tenant) {}

  /**
   * Frees memory that is kept between flushes and merges; called if there was nothing to write. No
   * other thread writes parts at that time.
   */
  default void idle() {}

  /** True if rows of a part may fit the mark, judged without reading rows. */
  boolean mayHold(P part, DeletionMark mark);
}
