package dev.tethys.insight.incidents;

/**
 * Problem, objective or alert that an incident has.
 *
 * @param key identity over time
 */
public record IncidentPresence(IncidentCause.Kind kind, String key) {}
