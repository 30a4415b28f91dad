package dev.tethys.insight.entities;

import java.util.Set;

/**
 * Begin or end of an entity.
 *
 * @param time Unix milliseconds
 * @param ended true for its end
 * @param owners ids of entities of which it is or was a part
 */
public record EntityChange(Entity entity, long time, boolean ended, Set<String> owners) {}
