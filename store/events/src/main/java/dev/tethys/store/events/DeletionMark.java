package dev.tethys.store.events;

/**
 * Request to delete rows. It hides them immediately and is processed when no part holds them.
 *
 * @param tenant owner of the rows
 * @param id unique in the tenant
 * @param query text of the requester
 * @param from first time, inclusive
 * @param to last time, exclusive
 * @param created time of the request, Unix nanoseconds
 * @param generation newest generation of heads and parts that it applies to
 * @param processed true if no part up to that generation holds such rows
 * @param condition condition on rows, in the form of the signal
 */
@SuppressWarnings("ArrayRecordComponent") // never changed
public record DeletionMark(
    String tenant,
    String id,
    String query,
    long from,
    long to,
    long created,
    long generation,
    boolean processed,
    byte[] condition) {
  /** True if the mark applies to data of a tenant, generation and time range (end inclusive). */
  public boolean appliesTo(String owner, long ofGeneration, long first, long last) {
    return !processed
        && ofGeneration <= generation
        && first < to
        && last >= from
        && tenant.equals(owner);
  }

  /** The mark after no part holds its rows. */
  DeletionMark asProcessed() {
    return new DeletionMark(tenant, id, query, from, to, created, generation, true, condition);
  }
}
