package dev.tethys.insight.graph;

/** Counter that expires when nothing has been counted for a while. Guarded by its owner. */
public abstract class Counted {
  private final long created;
  private long seen;
  private int weight;
  private long held;

  /**
   * @param created Unix milliseconds
   */
  protected Counted(long created) {
    this.created = created;
    this.seen = created;
  }

  /** Returns the creation time in Unix milliseconds. */
  public final long created() {
    return created;
  }

  /** Returns the time of the last count in Unix milliseconds. */
  public final long seen() {
    return seen;
  }

  /** Records a count. */
  public final void seen(long now) {
    seen = now;
  }

  /** Records its share of a {@link SeriesRoom}. */
  final void hold(int weight, long bytes) {
    this.weight = weight;
    this.held = bytes;
  }

  final void release(SeriesRoom room) {
    room.release(weight, held);
  }
}
