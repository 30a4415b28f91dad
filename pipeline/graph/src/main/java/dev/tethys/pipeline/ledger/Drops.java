package dev.tethys.pipeline.ledger;

/** Why items are dropped: the words of the {@code reason} label. Components may add their own. */
public final class Drops {
  /** The queue was full and its policy is to drop. */
  public static final String QUEUE_FULL = "queue_full";

  /** The destination refused it permanently, and there is no disk for dead letters. */
  public static final String REFUSED = "refused";

  /** The destination took the rest of the request, and did not say which it refused. */
  public static final String PARTLY_REFUSED = "partly_refused";

  /** Tried as often or as long as configured, and there is no disk for dead letters. */
  public static final String RETRIES_EXHAUSTED = "retries_exhausted";

  /** It could not be read back from the queue on disk. */
  public static final String DAMAGED = "damaged";

  /** It could not be encoded for the destination. */
  public static final String NOT_ENCODABLE = "not_encodable";

  /** A processor was configured to. */
  public static final String FILTERED = "filtered";

  private Drops() {}
}
