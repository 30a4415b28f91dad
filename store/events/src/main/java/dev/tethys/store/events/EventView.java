package dev.tethys.store.events;

import java.util.List;

/**
 * Heads and parts of a tenant at one moment. Each row is in exactly one of them.
 *
 * @param <S> snapshot of a head
 * @param <P> open part
 */
public final class EventView<S, P> implements AutoCloseable {
  /** Snapshot of a head with its generation. */
  public record HeadView<S>(long generation, S rows) {}

  private final List<HeadView<S>> heads;
  private final List<LivePart<P>> parts;
  private final List<DeletionMark> deletions;
  private final Runnable released;
  private boolean closed;

  /**
   * @param released called once, when the view is closed
   */
  EventView(
      List<HeadView<S>> heads,
      List<LivePart<P>> parts,
      List<DeletionMark> deletions,
      Runnable released) {
    this.released = released;
    this.heads = heads;
    this.parts = parts;
    this.deletions = deletions;
  }

  public List<HeadView<S>> heads() {
    return heads;
  }

  public List<LivePart<P>> parts() {
    return parts;
  }

  /** Marks of the tenant that are not processed. */
  public List<DeletionMark> deletions() {
    return deletions;
  }

  /** Releases the files and the heads. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      parts.forEach(LivePart::release);
      released.run();
    }
  }
}
