package dev.tethys.model.storage;

/**
 * Request to delete log entries, spans or profiles.
 *
 * @param id unique in the tenant
 * @param query text that the requester gave, for lists of deletions
 * @param from first time, inclusive; of spans their start
 * @param to last time, exclusive
 * @param created time of the request, Unix nanoseconds
 * @param processed true if the rows are removed from disk; before, they are hidden
 */
public record EventDeletion(
    String id, String query, long from, long to, long created, boolean processed) {}
