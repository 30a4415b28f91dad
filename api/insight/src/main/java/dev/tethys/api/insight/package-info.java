/** HTTP API of entities: what runs, and how it is related. */
@NullMarked
package dev.tethys.api.insight;

import org.jspecify.annotations.NullMarked;
