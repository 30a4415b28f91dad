package dev.tethys.model.traces;

/**
 * Request to delete spans.
 *
 * @param id unique in the tenant
 * @param query text that the requester gave, for lists of deletions
 * @param from first start, inclusive
 * @param to last start, exclusive
 * @param created time of the request, Unix nanoseconds
 * @param processed true when the spans are removed from disk; before, they are hidden
 */
public record SpanDeletion(
    String id, String query, long from, long to, long created, boolean processed) {}
