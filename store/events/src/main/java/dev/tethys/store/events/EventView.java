package dev.tethys.store.events;

import java.util.List;

/**
 * Snapshot of the heads and parts of a tenant. Each row is in exactly one of them.
 *
 * @param <S> snapshot of a head
 * @param <P> open part
 */
public final class EventView<S, P> implements AutoCloseable {
  /** Snapshot of a head with its generation. */
  public record HeadView<S>(long generation, S rows) {}

  private List<HeadView<S>> heads;
  private final List<LivePart<P>> parts;
  private final List<DeletionMark> deletions;
  private final Runnable releaseHeads;
  private boolean headsReleased;
  private boolean closed;

  /**
   * @param releaseHeads called once, when the heads are no longer read
   */
  EventView(
      List<HeadView<S>> heads,
      List<LivePart<P>> parts,
      List<DeletionMark> deletions,
      Runnable releaseHeads) {
    this.releaseHeads = releaseHeads;
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

  /** Releases the heads, whose arrays other rows may fill from now on. */
  public synchronized void releaseHeads() {
    if (!headsReleased) {
      headsReleased = true;
      heads = List.of();
      releaseHeads.run();
    }
  }

  /** Releases the files and the heads. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      parts.forEach(LivePart::release);
      releaseHeads();
    }
  }
}
