/** Rule files that define which label sets create which entities and relations. */
@NullMarked
package dev.tethys.insight.entities.rules;

import org.jspecify.annotations.NullMarked;
