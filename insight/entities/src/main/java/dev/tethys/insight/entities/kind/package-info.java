/** Kinds of entities and relations, which rules and worlds share. */
@NullMarked
package dev.tethys.insight.entities.kind;

import org.jspecify.annotations.NullMarked;
