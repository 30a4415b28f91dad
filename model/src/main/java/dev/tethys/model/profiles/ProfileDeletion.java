package dev.tethys.model.profiles;

/**
 * Request to delete profiles.
 *
 * @param id unique in the tenant
 * @param query text that the requester gave, for lists of deletions
 * @param from first time, inclusive
 * @param to last time, exclusive
 * @param created time of the request, Unix nanoseconds
 * @param processed true when the profiles are removed from disk; before, they are hidden
 */
public record ProfileDeletion(
    String id, String query, long from, long to, long created, boolean processed) {}
