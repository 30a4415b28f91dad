package dev.tethys.pipeline.ledger;

/** Reasons of dropped items: values of the {@code reason} label. Components may add their own. */
public final class Drops {
  /** The queue was full and its policy is to drop. */
  public static final String QUEUE_FULL = "queue_full";

  /** Rejected permanently by the destination, without a disk for dead letters. */
  public static final String REFUSED = "refused";

  /** The destination took the rest of the request, and did not say which it rejected. */
  public static final String PARTLY_REFUSED = "partly_refused";

  /** Retries used up, without a disk for dead letters. */
  public static final String RETRIES_EXHAUSTED = "retries_exhausted";

  /** Unreadable in the queue on disk. */
  public static final String DAMAGED = "damaged";

  /** Cannot be encoded for the destination. */
  public static final String NOT_ENCODABLE = "not_encodable";

  /** A processor was configured to. */
  public static final String FILTERED = "filtered";

  private Drops() {}
}
